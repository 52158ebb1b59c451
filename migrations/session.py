"""Connections of the migrator: time limits, the lock that lets one runner work at a time, and retries."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from api.db.base import SCHEMA
from api.db.url import sqlalchemy_url
from migrations.errors import LockedError
from migrations.roles import OWNER

LOCK_KEY = "cvstomize migrations"
LOCK_WAIT_SECONDS = 60.0
POLL_SECONDS = 0.2
LOCK_TIMEOUT_SECONDS = 3.0
STATEMENT_TIMEOUT_SECONDS = 60
RETRIES = 5
RETRY_PAUSE_SECONDS = 0.4
APPLICATION = "cvstomize migrate"

# lock_not_available and deadlock_detected: the same work may succeed a moment later.
RETRYABLE_STATES = frozenset({"55P03", "40P01"})

Result = TypeVar("Result")


def engine_for(migrator_url: str) -> sa.Engine:
    """An engine without a pool, whose statements wait 3 s for a lock and run 60 s at most.

    The server looks every 2 s whether we are still there: a killed runner's statement ends soon after it.
    """
    options = (
        f"-c lock_timeout={int(LOCK_TIMEOUT_SECONDS * 1000)} -c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s"
        " -c client_connection_check_interval=2s -c idle_in_transaction_session_timeout=60s"
    )
    return sa.create_engine(
        sqlalchemy_url(migrator_url),
        poolclass=sa.NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": options, "application_name": APPLICATION},
    )


def first_line(error: sa.exc.DBAPIError) -> str:
    """What the database said, without the statement."""
    return (str(error.orig).strip().splitlines() or ["the connection was lost"])[0]


def sqlstate(error: sa.exc.DBAPIError) -> str:
    """The SQLSTATE, or an empty text for an error of the connection."""
    return getattr(error.orig, "sqlstate", None) or ""


def current_revision(connection: sa.Connection) -> str | None:
    """The revision the database is at, or None for an empty one."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision()


@contextmanager
def autocommit(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection on which every statement is a transaction of its own."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        yield connection


@contextmanager
def owner_transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction as the owner role: whatever it creates belongs to the owner."""
    with engine.begin() as connection:
        connection.execute(sa.text(f"set local role {OWNER}"))
        yield connection


def lock_holder(connection: sa.Connection) -> str | None:
    """Who holds the migration lock and since when, or None."""
    # A one-part advisory key shows up as its upper and lower half.
    row = connection.execute(
        sa.text(
            "select a.pid, a.usename, a.application_name, a.client_addr::text, a.backend_start"
            " from pg_locks l join pg_stat_activity a on a.pid = l.pid"
            " where l.locktype = 'advisory' and l.granted and l.objsubid = 1"
            " and l.database = (select oid from pg_database where datname = current_database())"
            " and ((l.classid::bigint << 32) | l.objid::bigint) = hashtext(:key)::bigint"
        ).bindparams(key=LOCK_KEY)
    ).first()
    if row is None:
        return None
    place = row.client_addr or "a local socket"
    since = f"{row.backend_start:%Y-%m-%d %H:%M:%S %Z}" if row.backend_start else "a time hidden from this role"
    return f"pid {row.pid}, role {row.usename}, {row.application_name or 'unnamed'} from {place}, since {since}"


@contextmanager
def exclusive_lock(engine: sa.Engine, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[sa.Connection]:
    """Hold the migration lock on a connection of its own, polling: a blocking lock could deadlock with an index build.

    Gives that connection, which holds no transaction. Raises LockedError when another runner keeps the lock for
    longer than `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    with autocommit(engine) as connection:
        take = sa.text("select pg_try_advisory_lock(hashtext(:key))").bindparams(key=LOCK_KEY)
        while connection.execute(take).scalar_one() is not True:
            if time.monotonic() > deadline:
                holder = lock_holder(connection) or "a runner that has just ended"
                raise LockedError(f"another migration is running ({holder}); nothing was begun, run again when it ends")
            time.sleep(POLL_SECONDS * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret
        yield connection
        # Closing the connection gives the lock back, also when it was lost on the way.


def with_retries(work: Callable[[], Result]) -> Result:
    """Do the work, again up to five times after a lock or deadlock error, with a growing pause and jitter."""
    for attempt in range(RETRIES):
        try:
            return work()
        except sa.exc.DBAPIError as error:
            if sqlstate(error) not in RETRYABLE_STATES:
                raise
        time.sleep(RETRY_PAUSE_SECONDS * (attempt + 1) * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
    return work()
