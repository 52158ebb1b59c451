"""One at a time across processes: a lock in Postgres that a killed process gives back with its connection."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

import psycopg


@contextlib.contextmanager
def only_here(connection: psycopg.Connection, name: str) -> Iterator[bool]:
    """Whether nobody else holds the lock `name`; held until the end of the block. Waits for nothing."""
    number = int.from_bytes(hashlib.sha256(f"cvstomize/{name}".encode()).digest()[:8], "big", signed=True)
    row = connection.execute("select pg_try_advisory_lock(%s)", [number]).fetchone()
    held = bool(row and row[0])
    try:
        yield held
    finally:
        if held:
            connection.execute("select pg_advisory_unlock(%s)", [number])
