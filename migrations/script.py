"""The pending revisions as one SQL script, for a database administrator who runs them by hand with psql."""

from __future__ import annotations

from api.db.base import SCHEMA
from migrations import journal
from migrations.chain import Chain, Revision, cut_into_steps
from migrations.roles import OWNER
from migrations.session import LOCK_TIMEOUT_SECONDS, STATEMENT_TIMEOUT_SECONDS

DURATION = f"waits {LOCK_TIMEOUT_SECONDS:g} s for its locks and runs {STATEMENT_TIMEOUT_SECONDS} s a statement at most"
VERSION_TABLE = f"{SCHEMA}.alembic_version"
CREATE_VERSION_TABLE = (
    f"create table if not exists {VERSION_TABLE}"
    " (version_num varchar(32) not null constraint alembic_version_pkc primary key);"
)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _version(before: str | None, after: str) -> str:
    if before is None:
        return f"insert into {VERSION_TABLE} (version_num) values ({_literal(after)});"  # noqa: S608 - quoted above
    return f"update {VERSION_TABLE} set version_num = {_literal(after)} where version_num = {_literal(before)};"  # noqa: S608


def _entry(revision: Revision, state: str) -> str:
    finished = "clock_timestamp()" if state == "done" else "null"
    values = (revision.name, revision.checksum, str(revision.standalone).lower(), state)
    return (
        f"insert into {SCHEMA}.{journal.TABLE} (revision, checksum, standalone, state, finished_at)"  # noqa: S608
        f" values ({', '.join(map(_literal, values))}, {finished}) on conflict (revision) do update"
        " set state = excluded.state, checksum = excluded.checksum, finished_at = excluded.finished_at;"
    )


def _prepare(applied: tuple[Revision, ...]) -> list[str]:
    return [
        f"create schema if not exists {SCHEMA};",
        CREATE_VERSION_TABLE,
        f"{journal.CREATE};",
        *(_entry(revision, "done") for revision in applied),
    ]


def migration_script(chain: Chain, current: str | None, *, with_journal: bool) -> str:
    """Everything `migrate` would run from `current` on, as the owner role. `with_journal`: the database has one."""
    pending = chain.pending(current)
    if not pending:
        return "-- nothing to do\n"
    applied = tuple(revision for revision in chain.revisions if revision not in pending)
    lines = [
        f"-- From {current or 'an empty database'} to {pending[-1].name}. Run with psql as a member of {OWNER}.",
        "\\set ON_ERROR_STOP on",
        f"set lock_timeout = '{LOCK_TIMEOUT_SECONDS:g}s';",
        f"set statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s';",
        f"set role {OWNER};",
    ]
    before = current
    for number, step in enumerate(cut_into_steps(pending)):
        prepared = _prepare(() if with_journal else applied) if number == 0 else []
        if step.standalone:
            (revision,) = step.revisions
            lines += ["", f"-- {revision.name}: {revision.title} (outside a transaction; can be run again)"]
            lines += ["begin;", *prepared, _entry(revision, "started"), "commit;"]
            lines += [f"{statement.text};" for statement in revision.statements]
            lines += ["begin;", _version(before, revision.name), _entry(revision, "done"), "commit;"]
        else:
            lines += ["", "begin;", *prepared]
            for position, revision in enumerate(step.revisions):
                lines += ["", f"-- {revision.name}: {revision.title}"]
                lines += [f"{statement.text};" for statement in revision.statements]
                lines += [_version(before if position == 0 else step.revisions[position - 1].name, revision.name)]
                lines += [_entry(revision, "done")]
            lines += [f"{journal.CLOSE};", "commit;"]
        before = step.target
    return "\n".join(lines) + "\n"
