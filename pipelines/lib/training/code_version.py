"""A hash of the code that decides what a dataset holds, so that a manifest can name it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("pipelines/lib/training", "api/generation/rules", "api/generation/data", "api/profile/rules")
SUFFIXES = {".py", ".yaml", ".csv", ".json", ".txt"}


@cache
def code_version() -> str:
    """The first 16 digits of a SHA-256 over names and bytes of the rules' source and data files."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES and path.is_file()):
            digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
