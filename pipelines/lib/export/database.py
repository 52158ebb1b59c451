"""Connections to Postgres that cannot hang: every wait has an end on the client's side too."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import psycopg

from pipelines.lib.export.errors import ExportError

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 900
# COPY prints what these say, and the Arrow conversion relies on it.
SESSION = f"-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c statement_timeout={STATEMENT_SECONDS}s"


class DatabaseTimeoutError(ExportError):
    """Postgres did not answer in time."""


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection with time-outs, in UTC. Raises ExportError, without the URL, when Postgres cannot be reached."""
    try:
        return psycopg.connect(
            url,
            autocommit=autocommit,
            connect_timeout=CONNECT_SECONDS,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=30_000,
            options=SESSION,
            application_name="cvstomize-export",
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ExportError(f"Postgres cannot be reached, check PIPELINE_DATABASE_URL: {reason}") from None


@contextlib.contextmanager
def deadline(connection: psycopg.Connection, seconds: float) -> Iterator[None]:
    """Break the connection when the block takes longer: a frozen server keeps no statement time-out of its own.

    Raises DatabaseTimeoutError instead of whatever the broken connection caused.
    """
    expired = threading.Event()

    def break_connection() -> None:
        expired.set()
        with contextlib.suppress(OSError, psycopg.Error):
            broken = socket.socket(fileno=connection.fileno())
            try:
                broken.shutdown(socket.SHUT_RDWR)
            finally:
                broken.detach()

    timer = threading.Timer(seconds, break_connection)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if expired.is_set():
            raise DatabaseTimeoutError(f"Postgres did not finish within {seconds:.0f} s") from error
        raise
    finally:
        timer.cancel()
