"""One at a time across processes: a lock in Postgres that a killed process gives back with its connection."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator

import psycopg

WAIT_SECONDS, POLL_SECONDS = 5.0, 0.1


@contextlib.contextmanager
def only_here(connection: psycopg.Connection, name: str, *, wait_seconds: float | None = None) -> Iterator[bool]:
    """Whether nobody else holds the lock `name`; held until the end of the block.

    Waits a little, so that somebody who only looks does not turn away somebody who works.
    """
    number = int.from_bytes(hashlib.sha256(f"cvstomize/{name}".encode()).digest()[:8], "big", signed=True)
    deadline = time.monotonic() + (WAIT_SECONDS if wait_seconds is None else wait_seconds)
    while not (held := try_lock(connection, number)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    try:
        yield held
    finally:
        if held:
            connection.execute("select pg_advisory_unlock(%s)", [number])


def try_lock(connection: psycopg.Connection, number: int) -> bool:
    """Try to take the lock."""
    row = connection.execute("select pg_try_advisory_lock(%s)", [number]).fetchone()
    return bool(row and row[0])
