"""Runs pending revisions as the owner role, all in one transaction: either every one applies or none.

The service this replaces stopped half-way with `must be owner of table resumes`; `SET ROLE` before the first
statement makes the owner the creator of everything, and one transaction leaves nothing half done.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from api.db.base import SCHEMA
from api.db.url import sqlalchemy_url
from migrations.roles import OWNER

LOCK_KEY = "cvstomize migrations"
LOCK_WAIT_SECONDS = 60.0


class MigrationError(Exception):
    """A migration was refused or rolled back. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """Where the database was, where it is now, and which revisions were applied in between."""

    before: str | None
    after: str
    applied: tuple[str, ...]


def alembic_config() -> Config:
    """The Alembic configuration, built in code so that no file holds a URL."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def expected_head() -> str:
    """The newest revision in the source tree."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def current_revision(connection: sa.Connection) -> str | None:
    """The revision the database is at, or None for an empty one."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision()


def pending_revisions(before: str | None) -> tuple[str, ...]:
    """Revisions between `before` and the head, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    known = [revision.revision for revision in script.walk_revisions()]
    if before is not None and before not in known:
        raise MigrationError(
            f"the database is at revision {before}, which this version does not know; deploy the newer version"
        )
    pending = [revision.revision for revision in script.iterate_revisions("head", before or "base")]
    return tuple(reversed(pending))


def engine_for(migrator_url: str) -> sa.Engine:
    """An engine without a pool, whose statements wait 3 s for a lock and run 60 s at most."""
    return sa.create_engine(
        sqlalchemy_url(migrator_url),
        poolclass=sa.NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": "-c lock_timeout=3s -c statement_timeout=60s"},
    )


def pending(migrator_url: str) -> tuple[str, ...]:
    """Revisions that `migrate` would apply. Changes nothing. Raises MigrationError."""
    engine = engine_for(migrator_url)
    try:
        with engine.connect() as connection:
            return pending_revisions(current_revision(connection))
    except sa.exc.DBAPIError as error:
        raise MigrationError(first_line(error)) from error
    finally:
        engine.dispose()


def first_line(error: sa.exc.DBAPIError) -> str:
    """What the database said, without the statement."""
    return str(error.orig).strip().splitlines()[0]


@contextmanager
def exclusive_lock(engine: sa.Engine, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[None]:
    """Hold the migration lock on a connection of its own, polling: a blocking lock could deadlock with an index build.

    Raises MigrationError when another runner keeps it for longer than `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        take = sa.text("select pg_try_advisory_lock(hashtext(:key))").bindparams(key=LOCK_KEY)
        while connection.execute(take).scalar_one() is not True:
            if time.monotonic() > deadline:
                raise MigrationError("another migration is running and did not finish in time; try again later")
            time.sleep(0.2)
        try:
            yield
        finally:
            connection.execute(sa.text("select pg_advisory_unlock(hashtext(:key))").bindparams(key=LOCK_KEY))


def migrate(migrator_url: str, *, wait_seconds: float = LOCK_WAIT_SECONDS) -> MigrationReport:
    """Bring the database to the newest revision. `migrator_url` connects as a member of the owner role.

    Raises MigrationError; the database is then exactly as it was before.
    """
    engine = engine_for(migrator_url)
    try:
        with exclusive_lock(engine, wait_seconds), engine.begin() as connection:
            connection.execute(sa.text(f"set role {OWNER}"))
            # The version table lives in the product's own schema, so the schema has to be there first.
            connection.execute(sa.text(f"create schema if not exists {SCHEMA}"))
            before = current_revision(connection)
            pending = pending_revisions(before)
            if pending:
                config = alembic_config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            return MigrationReport(before, expected_head(), pending)
    except sa.exc.DBAPIError as error:
        raise MigrationError(f"nothing was changed: {first_line(error)}") from error
    finally:
        engine.dispose()
