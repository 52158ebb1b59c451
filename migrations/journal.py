"""What ran, from which text, and whether it was finished: `cvstomize.migration_journal`, beside Alembic's own table.

Alembic keeps only the newest revision. The journal adds each revision's checksum, so that a revision edited after it
ran is noticed, and the state of a standalone one, so that an interrupted index build is resumed and not forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from api.db.base import SCHEMA
from migrations.chain import Revision

TABLE = "migration_journal"
CREATE = f"""create table if not exists {SCHEMA}.{TABLE} (
    revision text primary key,
    checksum text not null,
    standalone boolean not null,
    state text not null check (state in ('started', 'done')),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    run_by text not null default session_user
)"""


READ = f"select revision, checksum, state, started_at from {SCHEMA}.{TABLE}"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision in the journal."""

    revision: str
    checksum: str
    state: str
    started_at: datetime


def exists(connection: sa.Connection) -> bool:
    """Whether the database has a journal."""
    return connection.execute(sa.text(f"select to_regclass('{SCHEMA}.{TABLE}')")).scalar_one() is not None


def read(connection: sa.Connection) -> dict[str, Entry]:
    """All entries by revision; none when there is no journal yet, or none that we may read."""
    if not exists(connection):
        return {}
    rows = connection.execute(sa.text(READ))
    return {row.revision: Entry(row.revision, row.checksum, row.state, row.started_at) for row in rows}


def ensure(connection: sa.Connection, applied: Iterable[Revision]) -> None:
    """Create the journal as the owner. Revisions applied before there was one are taken over as they are now."""
    if exists(connection):
        return
    connection.execute(sa.text(CREATE))
    for revision in applied:
        finish(connection, revision)


def start(connection: sa.Connection, revision: Revision) -> None:
    """Note that a revision was begun. Begun again, it keeps its first time."""
    connection.execute(_upsert("started", "null", "state = 'started', checksum = excluded.checksum"), _values(revision))


def finish(connection: sa.Connection, revision: Revision) -> None:
    """Note that a revision is done."""
    change = "state = 'done', checksum = excluded.checksum, finished_at = clock_timestamp()"
    connection.execute(_upsert("done", "clock_timestamp()", change), _values(revision))


def _upsert(state: str, finished: str, change: str) -> sa.TextClause:
    return sa.text(
        f"insert into {SCHEMA}.{TABLE} (revision, checksum, standalone, state, finished_at)"  # noqa: S608 - constants
        f" values (:revision, :checksum, :standalone, '{state}', {finished})"
        f" on conflict (revision) do update set {change}"
    )


def _values(revision: Revision) -> Mapping[str, object]:
    return {"revision": revision.name, "checksum": revision.checksum, "standalone": revision.standalone}


# Default privileges of the schema would let the app write here; only the owner may.
CLOSE = f"""do $$
declare grantee name;
begin
    for grantee in
        select distinct r.rolname from pg_class c cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where c.oid = '{SCHEMA}.{TABLE}'::regclass and a.grantee <> c.relowner
    loop
        execute format('revoke all on {SCHEMA}.{TABLE} from %I', grantee);
    end loop;
end $$"""  # noqa: S608 - constants


def close(connection: sa.Connection) -> None:
    """Take the journal away from every role but its owner."""
    connection.execute(sa.text(CLOSE))
