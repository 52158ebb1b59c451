"""Runs pending revisions as the owner role: checked first, one runner at a time, each step whole or not at all.

The service this replaces stopped half-way with `must be owner of table resumes`. Here the check comes before the first
statement, an unbroken run of revisions is one transaction, and `SET ROLE` makes the owner the creator of everything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import command

from api.db.base import SCHEMA
from migrations import catalog, journal
from migrations.chain import Chain, Step, cut_into_steps
from migrations.errors import InterruptedStepError, LockedError, MigrationError, RefusedError
from migrations.findings import CheckReport, quoted, remedy_block
from migrations.preflight import check
from migrations.script import migration_script
from migrations.session import (
    LOCK_TIMEOUT_SECONDS,
    LOCK_WAIT_SECONDS,
    RETRYABLE_STATES,
    autocommit,
    current_revision,
    engine_for,
    exclusive_lock,
    first_line,
    owner_transaction,
    sqlstate,
    with_retries,
)
from migrations.standalone import apply_standalone
from migrations.statements import LOCK_LEVELS

__all__ = ["MigrationError", "MigrationReport", "check_database", "expected_head", "migrate", "pending", "sql_script"]


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """Where the database was, where it is now, and which revisions were applied in between."""

    before: str | None
    after: str
    applied: tuple[str, ...]


def expected_head(chain: Chain | None = None) -> str:
    """The newest revision in the source tree."""
    return (chain or Chain()).head


def check_database(migrator_url: str, *, chain: Chain | None = None) -> CheckReport:
    """What `migrate` would do and what would stop it. Changes nothing. Raises RefusedError without a connection."""
    engine = engine_for(migrator_url)
    try:
        with engine.connect() as connection:
            return check(connection, chain or Chain())
    except sa.exc.DBAPIError as error:
        raise RefusedError(f"the database cannot be asked: {first_line(error)}") from error
    finally:
        engine.dispose()


def pending(migrator_url: str) -> tuple[str, ...]:
    """Revisions that `migrate` would apply. Changes nothing. Raises MigrationError."""
    return tuple(name for name, *_ in check_database(migrator_url).pending)


def sql_script(migrator_url: str, *, chain: Chain | None = None) -> str:
    """The script of everything pending, for a database administrator. Raises MigrationError."""
    chain, engine = chain or Chain(), engine_for(migrator_url)
    try:
        with engine.connect() as connection:
            return migration_script(chain, current_revision(connection), with_journal=journal.exists(connection))
    except sa.exc.DBAPIError as error:
        raise RefusedError(f"the database cannot be asked: {first_line(error)}") from error
    finally:
        engine.dispose()


def migrate(
    migrator_url: str,
    *,
    wait_seconds: float = LOCK_WAIT_SECONDS,
    chain: Chain | None = None,
    target: str | None = None,
) -> MigrationReport:
    """Bring the database to the newest revision, or to `target`. `migrator_url` connects as a member of the owner role.

    Raises a MigrationError whose kind says whether nothing was begun, somebody was in the way, a step was rolled back,
    or a standalone step has to be resumed. Steps that were finished before stay.
    """
    chain, engine = chain or Chain(), engine_for(migrator_url)
    try:
        with exclusive_lock(engine, wait_seconds):
            # Read again after the lock: another runner may have done the work while this one waited.
            with engine.connect() as connection:
                report = check(connection, chain, target)
            _refuse(report)
            steps = cut_into_steps(chain.pending(report.current, target))
            if not steps:
                _keep_journal(engine, chain, report.current)
            for step in steps:
                _apply(engine, chain, step)
            after = steps[-1].target if steps else report.current or chain.head
            applied = tuple(revision.name for step in steps for revision in step.revisions)
            return MigrationReport(report.current, after, applied)
    except sa.exc.DBAPIError as error:
        raise RefusedError(f"nothing was changed: {first_line(error)}") from error
    finally:
        engine.dispose()


def _refuse(report: CheckReport) -> None:
    reasons = [finding.message for finding in report.findings if finding.refused]
    if reasons:
        block = remedy_block(report.findings, report.database)
        raise RefusedError("nothing was changed: " + "; ".join(reasons) + (f"\n\n{block}" if block else ""))


def _keep_journal(engine: sa.Engine, chain: Chain, current: str | None) -> None:
    with owner_transaction(engine) as connection:
        if not journal.exists(connection):
            _prepare(connection, chain, current)


def _prepare(connection: sa.Connection, chain: Chain, current: str | None) -> None:
    """The schema, which holds the version table, and the journal."""
    connection.execute(sa.text(f"create schema if not exists {SCHEMA}"))
    waiting = chain.pending(current)
    journal.ensure(connection, [revision for revision in chain.revisions if revision not in waiting])
    journal.close(connection)


def _apply(engine: sa.Engine, chain: Chain, step: Step) -> None:
    """One step. Raises the kind of MigrationError that says what is left."""
    names = ", ".join(revision.name for revision in step.revisions)
    resume = f"; revision {names} stays marked as started, run `cvstomize migrate` again to resume it"
    try:
        if step.standalone:
            _keep_journal(engine, chain, _revision(engine))
            apply_standalone(engine, chain, step)
        else:
            with_retries(lambda: _apply_together(engine, chain, step))
    except sa.exc.DBAPIError as error:
        if not sqlstate(error) and _revision(engine) == step.target:
            return  # the answer to the commit was lost, not the commit
        if step.standalone:
            raise InterruptedStepError(f"{_reason(engine, step, error)}{resume}") from error
        message = f"nothing of {names} was changed: {_reason(engine, step, error)}"
        if sqlstate(error) in RETRYABLE_STATES:
            raise LockedError(message) from error
        raise MigrationError(message) from error
    except MigrationError as error:
        if step.standalone:
            raise InterruptedStepError(f"{error}{resume}") from error
        raise
    except Exception as error:
        kind = InterruptedStepError if step.standalone else MigrationError
        left = resume if step.standalone else ""
        raise kind(f"nothing of {names} was changed: {type(error).__name__}: {error}{left}") from error


def _revision(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return current_revision(connection)


def _reason(engine: sa.Engine, step: Step, error: sa.exc.DBAPIError) -> str:
    """What the database said and, after a lock error, who holds the lock."""
    said = first_line(error)
    if sqlstate(error) not in RETRYABLE_STATES:
        return said
    with autocommit(engine) as connection:
        touches = [touch for statement in step.statements for touch in statement.touches]
        holders = catalog.blockers(connection, touches) or (
            catalog.long_transactions(connection) if step.standalone else ()
        )
    return f"{said}; locked by {'; '.join(holders) or 'a session that has ended since'}"


def _apply_together(engine: sa.Engine, chain: Chain, step: Step) -> None:
    with owner_transaction(engine) as connection:
        _take_locks(connection, step)
        _prepare(connection, chain, current_revision(connection))
        chain.config.attributes["connection"] = connection
        command.upgrade(chain.config, step.target)
        for revision in step.revisions:
            journal.finish(connection, revision)
        journal.close(connection)


def _take_locks(connection: sa.Connection, step: Step) -> None:
    """Take every table's lock first, in one order and within one lock time-out.

    Taken one by one as the statements come, each could wait its own 3 s while those already held keep others waiting.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    touches = [touch for statement in step.statements for touch in statement.touches]
    for size in sorted(catalog.sizes(connection, touches), key=lambda size: size.name):
        if LOCK_LEVELS.index(size.lock) < LOCK_LEVELS.index("SHARE UPDATE EXCLUSIVE"):
            continue
        remaining = max(1, int((deadline - time.monotonic()) * 1000))
        connection.execute(sa.text(f"set local lock_timeout = {remaining}"))
        schema, table = size.name.split(".", 1)
        connection.exec_driver_sql(f"lock table only {quoted(schema, table)} in {size.lock} mode")
    remaining = max(100, int((deadline - time.monotonic()) * 1000))
    connection.execute(sa.text(f"set local lock_timeout = {remaining}"))
