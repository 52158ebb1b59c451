"""A hash of the code that decides what a dataset holds, so that a manifest can name it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import api.generation
import api.profile
import pipelines.lib.training

PACKAGES = (
    (pipelines.lib.training, "."),
    (api.generation, "rules"),
    (api.generation, "data"),
    (api.profile, "rules"),
)
SUFFIXES = {".py", ".yaml", ".csv", ".json", ".txt"}


@cache
def code_version() -> str:
    """The first 16 digits of a SHA-256 over names and bytes of the rules' source and data files."""
    digest = hashlib.sha256()
    for package, folder in PACKAGES:
        root = Path(str(package.__file__)).parent / folder
        for path in sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file()):
            digest.update(f"{package.__name__}/{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
