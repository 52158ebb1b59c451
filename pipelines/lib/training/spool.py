"""Accepted rows wait on disk, so that a million resumes need little memory and their order does not matter.

A row is known by its content hash and by nothing else: the final files are sorted by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pipelines.lib.training.config import Split


@dataclass(frozen=True, slots=True)
class SpooledRow:
    """Where a row lies in the spool and what decides about it. Hashes are raw bytes."""

    content_hash: bytes
    text_hash: bytes
    person_key: str
    resume_id: str
    resume_version_id: str
    split: Split
    job_family: str
    offset: int
    length: int
    text_offset: int
    text_length: int

    @property
    def rank(self) -> tuple[bytes, str]:
        """The order among rows: content first, then the version's id so that equal texts have one survivor."""
        return (self.content_hash, self.resume_version_id)


class Spool:
    """An append-only file of canonical lines. A context manager; the caller removes the folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("w+b")
        self._size = 0

    def append(self, line: bytes) -> tuple[int, int]:
        """Add a line; return its offset and length in bytes."""
        offset = self._size
        self._file.write(line)
        self._size += len(line)
        return offset, len(line)

    def read(self, offset: int, length: int) -> bytes:
        """A line again."""
        self._file.seek(offset)
        return self._file.read(length)

    def lines(self, rows: Iterable[SpooledRow]) -> Iterator[bytes]:
        """The lines of `rows`, in their order."""
        self._file.flush()
        for row in rows:
            yield self.read(row.offset, row.length)

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def write_lines(path: Path, lines: Iterable[bytes]) -> tuple[str, int, int]:
    """Write a file; return its SHA-256, bytes and rows."""
    digest = hashlib.sha256()
    size = count = 0
    with path.open("wb") as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            size += len(line)
            count += 1
    return digest.hexdigest(), size, count
