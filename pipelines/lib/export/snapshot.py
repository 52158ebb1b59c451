"""One snapshot for all tables: a single transaction that sees the database at one instant, and what identifies it.

The snapshot's `xmin` is the watermark of the next export: everything that commits later has a transaction id at or
above it. The identity says which cluster, database and timeline that number belongs to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from pipelines.lib.export.database import connect

LOCK_KEY = "cvstomize export"


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """Where a transaction id means anything: after a restore or a fail-over one of these differs."""

    system_identifier: int
    database_oid: int
    timeline: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open snapshot: its time, its bounds, and the name other connections join it by."""

    taken_at: datetime
    xmin: int
    xmax: int
    name: str
    identity: SourceIdentity

    @property
    def cut(self) -> str:
        """The id of the export: its time, and the bound that makes two exports of one microsecond differ."""
        return f"{self.taken_at:%Y%m%dT%H%M%S%fZ}-{self.xmax}"


@contextlib.contextmanager
def open_snapshot(url: str) -> Iterator[tuple[psycopg.Connection, Snapshot]]:
    """Open the one `REPEATABLE READ READ ONLY` transaction of an export. It ends with the block."""
    with connect(url, autocommit=True) as connection:
        connection.execute("begin transaction isolation level repeatable read read only")
        row = connection.execute(
            "select clock_timestamp(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
            " pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_export_snapshot(),"
            " (select system_identifier from pg_control_system()),"
            " (select oid::bigint from pg_database where datname = current_database()),"
            " (select timeline_id from pg_control_checkpoint())"
        ).fetchone()
        assert row is not None
        yield connection, Snapshot(row[0], row[1], row[2], row[3], SourceIdentity(row[4], row[5], row[6]))
        connection.execute("commit")


@contextlib.contextmanager
def join_snapshot(url: str, snapshot: Snapshot) -> Iterator[psycopg.Connection]:
    """Another connection that sees exactly the same rows."""
    with connect(url, autocommit=True) as connection:
        connection.execute("begin transaction isolation level repeatable read read only")
        connection.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot.name)))
        yield connection
        connection.execute("commit")


@contextlib.contextmanager
def only_exporter(url: str) -> Iterator[bool]:
    """Hold the exporter's lock on a connection of its own; yields False when another export has it.

    The lock dies with the connection, so a killed export leaves none behind. It only saves work: what keeps two
    exports apart is the compare-and-swap of the watermark.
    """
    with connect(url, autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(hashtext(%s))", [LOCK_KEY]).fetchone()
        yield bool(row and row[0])
