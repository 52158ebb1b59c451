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
# COPY prints what these say, and the Arrow conversion relies on it. Set once connected: a role's own settings and the
# operator's PGDATESTYLE, PGTZ and PGCLIENTENCODING would win over what the connection asks for.
SESSION = (
    "set client_encoding = 'UTF8'; set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'iso_8601';"
    f" set extra_float_digits = 1; set statement_timeout = '{STATEMENT_SECONDS}s'"
)


class DatabaseTimeoutError(ExportError):
    """Postgres did not answer in time."""


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection with time-outs, in UTC. Raises ExportError, without the URL, when Postgres cannot be reached."""
    try:
        connection = psycopg.connect(
            url,
            autocommit=autocommit,
            connect_timeout=CONNECT_SECONDS,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=30_000,
            options=f"-c statement_timeout={STATEMENT_SECONDS}s",
            application_name="cvstomize-export",
        )
        connection.execute(SESSION)
        if not autocommit:
            connection.commit()
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]  # what follows it guesses at causes
        raise ExportError(f"Postgres cannot be reached, check PIPELINE_DATABASE_URL: {reason}") from None
    else:
        return connection


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
