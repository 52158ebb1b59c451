"""The content hash: the name under which a rendered PDF is kept, and its PDF identifier.

Cheap enough for the API process: versions come from package metadata and from the C libraries themselves, never
from importing WeasyPrint. Installed fonts count by name and size, bundled files by their bytes.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.metadata
import os
from collections.abc import Iterator
from pathlib import Path

from renderer.request import RenderRequest

PACKAGE = Path(__file__).parent
INSTALLED_FONTS = Path("/usr/share/fonts")
FONT_SUFFIXES = (".ttf", ".otf", ".ttc")
HASHED_SUFFIXES = (".py", ".html", ".css", ".yaml", ".conf", *FONT_SUFFIXES)
PYTHON_PACKAGES = ("weasyprint", "pydyf", "fonttools", "markdown-it-py")
C_LIBRARIES = {
    "pango": ("libpango-1.0.so.0", "pango_version_string"),
    "harfbuzz": ("libharfbuzz.so.0", "hb_version_string"),
}


def library_version(library: str, function: str) -> str:
    """Version string a C library reports about itself, or `absent`."""
    try:
        version = getattr(ctypes.CDLL(library), function)
    except (OSError, AttributeError):
        return "absent"
    version.restype = ctypes.c_char_p
    text: bytes = version()
    return text.decode("ascii")


def installed_fonts() -> Iterator[str]:
    """`name size` of every installed font that fontconfig may choose, in a fixed order."""
    found = []
    for folder, _, names in os.walk(INSTALLED_FONTS):
        found += [
            f"{name} {(Path(folder) / name).stat().st_size}"
            for name in names
            if name.startswith("Noto") and name.lower().endswith(FONT_SUFFIXES)
        ]
    yield from sorted(found)


@functools.cache
def renderer_version() -> str:
    """Hex SHA-256 over everything besides the request that may change a byte of the PDF."""
    digest = hashlib.sha256()
    for name in PYTHON_PACKAGES:
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    for name, (library, function) in C_LIBRARIES.items():
        digest.update(f"{name} {library_version(library, function)}\n".encode())
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in HASHED_SUFFIXES:
            digest.update(f"{path.relative_to(PACKAGE).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for line in installed_fonts():
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def content_hash(request: RenderRequest) -> str:
    """Hex SHA-256 of the request and the renderer version. Equal hash means equal PDF bytes."""
    return hashlib.sha256(f"{renderer_version()}\n{request.to_json()}".encode()).hexdigest()
