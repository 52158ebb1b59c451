# ruff: noqa: S608 - the names in these statements are constants, quoted
"""The guided path: expand while the old service runs, cut over, contract. Each step can be run again.

expand     beside the old table: a trigger notes what changes, everything is copied. The old service sees nothing.
cut over   one short transaction: the last changes are copied, every row is compared, the old table is renamed and a
           read-only view takes its place. A write of the old service is then refused by name, never lost.
contract   the view and the old table go; the original rows stay as JSON in `adoption.rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from migrations.adoption.copying import BATCH_ROWS, Comparison, compare, copy_changes, copy_everything
from migrations.adoption.legacy import OLD_SCHEMA, OLD_TABLE, find_people, find_resumes
from migrations.chain import Chain
from migrations.errors import LockedError, MigrationError, RefusedError
from migrations.findings import Finding, Remedy, quoted, remedy_block, transfer
from migrations.roles import OWNER
from migrations.session import (
    RETRYABLE_STATES,
    current_revision,
    engine_for,
    exclusive_lock,
    first_line,
    owner_transaction,
    sqlstate,
    with_retries,
)

KEPT_TABLE = "resumes_before_cvstomize"
OLD = quoted(OLD_SCHEMA, OLD_TABLE)
KEPT = quoted(OLD_SCHEMA, KEPT_TABLE)
MOST_BATCHES = 1_000_000

EXPAND = (
    "create schema if not exists adoption",
    (
        "create table if not exists adoption.rows (old_id text primary key, resume_id uuid not null unique,"
        " original jsonb not null, adopted_at timestamptz not null default now())"
    ),
    (
        "create table if not exists adoption.changes (id bigint generated always as identity primary key,"
        " old_id text not null)"
    ),
    "create table if not exists adoption.steps (step text primary key, done_at timestamptz not null default now())",
    # Runs as the owner: the old service needs no right on our tables.
    (
        "create or replace function adoption.note_change() returns trigger language plpgsql security definer"
        " set search_path = pg_catalog, pg_temp as $$ begin"
        " if tg_op <> 'INSERT' then insert into adoption.changes (old_id) values (to_jsonb(old) ->> tg_argv[0]);"
        " end if;"
        " if tg_op <> 'DELETE' then insert into adoption.changes (old_id) values (to_jsonb(new) ->> tg_argv[0]);"
        " end if;"
        " return null; end $$"
    ),
    (
        "create or replace function adoption.refuse_write() returns trigger language plpgsql as $$ begin"
        " raise exception 'resumes moved to CVstomize: this view is read-only' using errcode = '25006'; end $$"
    ),
)


@dataclass(frozen=True, slots=True)
class AdoptionReport:
    """Where the adoption stands. `kept_only` names old columns whose values live on in `adoption.rows` alone."""

    step: str
    next_step: str
    comparison: Comparison | None
    people: int
    without_address: int
    other_template: int
    kept_only: tuple[str, ...]

    def text(self) -> str:
        """The report for a terminal."""
        lines = [f"adoption: {self.step}"]
        if self.comparison is not None:
            lines += [
                (
                    f"old rows {self.comparison.old_rows}, adopted {self.comparison.adopted_rows},"
                    f" differing {self.comparison.differing}, changes not yet copied {self.comparison.unread_changes}"
                ),
            ]
        lines += [
            f"people {self.people}; with an address that another account has or none at all: {self.without_address}",
            f"rows whose template is not one of ours (now classic): {self.other_template}",
            f"columns kept only in adoption.rows: {', '.join(self.kept_only) or 'none'}",
            f"next: {self.next_step}",
        ]
        return "\n".join(lines)


def expand(migrator_url: str) -> AdoptionReport:
    """Copy everything while the old service goes on writing. Raises MigrationError."""

    def work(engine: sa.Engine) -> None:
        with owner_transaction(engine) as connection:
            if _step(connection) in {"cut over", "contract"}:
                raise RefusedError("the old table was cut over already; nothing is left to expand")
            _at_head(connection)
            _refuse(connection, tuple(_missing_to_expand(connection)))
        with_retries(lambda: _begin_to_listen(engine))
        after: str | None = None
        for _ in range(MOST_BATCHES):
            with owner_transaction(engine) as connection:
                after = copy_everything(connection, after)
            if after is None:
                break
        _copy_all_changes(engine)

    return _run(migrator_url, work)


def cut_over(migrator_url: str) -> AdoptionReport:
    """Put a read-only view in the old table's place, once every row is copied and compared. Raises MigrationError."""

    def work(engine: sa.Engine) -> None:
        with owner_transaction(engine) as connection:
            step = _step(connection)
            if step in {"cut over", "contract"}:
                return
            if step != "expand":
                raise RefusedError("run `cvstomize adopt expand` first")
            _refuse(connection, tuple(_missing_to_cut_over(connection)))
        _copy_all_changes(engine)
        with_retries(lambda: _swap(engine))

    return _run(migrator_url, work)


def contract(migrator_url: str) -> AdoptionReport:
    """Drop the view and the old table, when nothing in it is newer than what was adopted. Raises MigrationError."""

    def work(engine: sa.Engine) -> None:
        with owner_transaction(engine) as connection:
            step = _step(connection)
            if step == "contract":
                return
            if step != "cut over":
                raise RefusedError("run `cvstomize adopt cut-over` first")
            connection.execute(sa.text(f"lock table only {KEPT} in access exclusive mode"))
            changed = connection.execute(
                sa.text(
                    f"select count(*) from {KEPT} o full join adoption.rows a on a.original = to_jsonb(o)"
                    " where a.old_id is null or o is null"
                )
            ).scalar()
            if changed:
                raise RefusedError(f"{changed} rows of {KEPT} differ from what was adopted; nothing was dropped")
            for statement in (
                f"drop view {OLD}",
                f"drop table {KEPT}",
                "drop function adoption.refuse_write()",
                "drop function adoption.note_change()",
                "drop table adoption.changes",
            ):
                connection.execute(sa.text(statement))
            _note(connection, "contract")

    return _run(migrator_url, work)


def report(migrator_url: str) -> AdoptionReport:
    """Where the adoption stands. Changes nothing."""
    return _run(migrator_url, lambda _: None)


def _run(migrator_url: str, work: Callable[[sa.Engine], None]) -> AdoptionReport:
    engine = engine_for(migrator_url)
    try:
        with exclusive_lock(engine):
            work(engine)
            with owner_transaction(engine) as connection:
                return _report(connection)
    except sa.exc.DBAPIError as error:
        kind = LockedError if sqlstate(error) in RETRYABLE_STATES else MigrationError
        raise kind(f"this step was rolled back: {first_line(error)}; run it again") from error
    finally:
        engine.dispose()


def _at_head(connection: sa.Connection) -> None:
    head = Chain().head
    if current_revision(connection) != head:
        raise RefusedError(
            f"the new schema is not at {head}: run `cvstomize migrate` first; it leaves the old one alone"
        )


def _step(connection: sa.Connection) -> str:
    if connection.execute(sa.text("select to_regclass('adoption.steps')")).scalar() is None:
        return "not begun"
    latest = connection.execute(sa.text("select step from adoption.steps order by done_at desc limit 1")).scalar()
    return str(latest) if latest else "not begun"


def _note(connection: sa.Connection, step: str) -> None:
    connection.execute(
        sa.text("insert into adoption.steps (step, done_at) values (:step, clock_timestamp()) on conflict do nothing"),
        {"step": step},
    )


def _refuse(connection: sa.Connection, findings: tuple[Finding, ...]) -> None:
    if findings:
        database = str(connection.execute(sa.text("select current_database()")).scalar())
        reasons = "; ".join(finding.message for finding in findings)
        raise RefusedError(f"nothing was changed: {reasons}\n\n{remedy_block(findings, database)}")


def _may(connection: sa.Connection, table: str, right: str) -> bool:
    query = sa.text(
        "select has_table_privilege(c.oid, :right) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = :schema and c.relname = :table"
    )
    values = {"schema": OLD_SCHEMA, "table": table, "right": right}
    return bool(connection.execute(query, values).scalar())


def _missing_to_expand(connection: sa.Connection) -> Iterator[Finding]:
    if not connection.execute(sa.text(f"select has_schema_privilege('{OLD_SCHEMA}', 'usage')")).scalar():
        remedy = Remedy(f"grant usage on schema {OLD_SCHEMA} to {quoted(OWNER)}")
        yield Finding(f"{OWNER} may not look into schema {OLD_SCHEMA}", remedies=(remedy,))
    find_resumes(connection)
    owner = _owner_of(connection, OLD_TABLE)
    for right in ("select", "trigger"):
        if not _may(connection, OLD_TABLE, right):
            remedy = Remedy(f"grant {right} on {OLD} to {quoted(OWNER)}", owner)
            yield Finding(f"{OWNER} lacks {right} on {OLD_SCHEMA}.{OLD_TABLE} of {owner}", remedies=(remedy,))
    people = find_people(connection)
    if people is not None and not _may(connection, "users", "select"):
        owner = _owner_of(connection, "users")
        remedy = Remedy(f"grant select on {people.name} to {quoted(OWNER)}", owner)
        yield Finding(f"{OWNER} lacks select on {people.name} of {owner}", remedies=(remedy,))


def _owner_of(connection: sa.Connection, table: str) -> str:
    query = sa.text(
        "select pg_get_userbyid(c.relowner) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = :schema and c.relname = :table"
    )
    return str(connection.execute(query, {"schema": OLD_SCHEMA, "table": table}).scalar())


def _missing_to_cut_over(connection: sa.Connection) -> Iterator[Finding]:
    owner = _owner_of(connection, OLD_TABLE)
    if not connection.execute(sa.text(f"select has_schema_privilege('{OLD_SCHEMA}', 'create')")).scalar():
        remedy = Remedy(f"grant usage, create on schema {OLD_SCHEMA} to {quoted(OWNER)}")
        yield Finding(f"{OWNER} may not create in schema {OLD_SCHEMA}", remedies=(remedy,))
    if not connection.execute(sa.text("select pg_has_role(:owner, 'usage')"), {"owner": owner}).scalar():
        # The old service keeps reading and writing as before until the cut.
        keep = Remedy(f"grant select, insert, update, delete on {OLD} to {quoted(owner)}", owner, OWNER)
        yield Finding(
            f"must be owner of table {OLD_SCHEMA}.{OLD_TABLE}: it belongs to {owner}",
            remedies=(transfer("table", OLD, owner), keep),
        )


def _begin_to_listen(engine: sa.Engine) -> None:
    with owner_transaction(engine) as connection:
        for statement in EXPAND:
            connection.exec_driver_sql(statement)
        column = find_resumes(connection).columns["id"].strip('"')
        if not _listens(connection):
            connection.exec_driver_sql(
                f"create trigger adoption_note_change after insert or update or delete on {OLD} for each row"
                f" execute function adoption.note_change('{column}')"
            )
        _note(connection, "expand")


def _listens(connection: sa.Connection) -> bool:
    query = sa.text("select 1 from pg_trigger where tgname = 'adoption_note_change' and not tgisinternal")
    return connection.execute(query).scalar() is not None


def _copy_all_changes(engine: sa.Engine) -> None:
    """Catch up with the old service. It goes on writing, so less than a batch is as near as one gets without a lock."""
    for _ in range(MOST_BATCHES):
        with owner_transaction(engine) as connection:
            if copy_changes(connection) < BATCH_ROWS:
                return


def _swap(engine: sa.Engine) -> None:
    with owner_transaction(engine) as connection:
        connection.execute(sa.text(f"lock table only {OLD} in access exclusive mode"))
        for _ in range(MOST_BATCHES):
            if copy_changes(connection) == 0:
                break
        found = compare(connection, OLD_TABLE)
        if not found.equal:
            raise MigrationError(
                f"nothing was cut over: {found.differing} rows differ"
                f" ({found.old_rows} old, {found.adopted_rows} adopted); run `cvstomize adopt expand` again"
            )
        readers = connection.execute(
            sa.text(
                "select distinct coalesce(r.rolname, 'public') as name from pg_class c"
                " cross join aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee"
                " where c.oid = to_regclass(:table) and a.grantee <> c.relowner and a.privilege_type = 'SELECT'"
            ),
            {"table": OLD},
        )
        roles = ["public" if row.name == "public" else quoted(row.name) for row in readers]
        connection.exec_driver_sql(f"drop trigger adoption_note_change on {OLD}")
        connection.exec_driver_sql(f"alter table {OLD} rename to {quoted(KEPT_TABLE)}")
        connection.exec_driver_sql(f"create view {OLD} as select * from {KEPT}")
        connection.exec_driver_sql(
            f"create trigger refuse_write instead of insert or update or delete on {OLD} for each row"
            " execute function adoption.refuse_write()"
        )
        for role in roles:
            connection.exec_driver_sql(f"revoke insert, update, delete, truncate on {KEPT} from {role}")
            connection.exec_driver_sql(f"grant select on {OLD} to {role}")
        _note(connection, "cut over")


NEXT = {
    "not begun": "`cvstomize adopt expand`, while the old service runs",
    "expand": "stop the old service's writes and run `cvstomize adopt cut-over`",
    "cut over": "start the new service; when nothing reads the view any more, `cvstomize adopt contract`",
    "contract": "nothing; the original rows stay in adoption.rows",
}


def _report(connection: sa.Connection) -> AdoptionReport:
    step = _step(connection)
    if step == "not begun":
        return AdoptionReport(step, NEXT[step], None, 0, 0, 0, ())
    table = {"expand": OLD_TABLE, "cut over": KEPT_TABLE}.get(step)
    kept_only: tuple[str, ...] = ()
    comparison = None
    if table is not None:
        kept_only = find_resumes(connection, table).others
        comparison = compare(connection, table)
    people = connection.execute(
        sa.text(
            "select count(*) as people, count(*) filter (where email like '%@people.invalid') as without"
            " from cvstomize.users where auth_issuer = 'adopted'"
        )
    ).one()
    replaced = connection.execute(
        sa.text(
            "select count(*) from adoption.rows a where coalesce(a.original ->> 'pdf_template',"
            " a.original ->> 'pdfTemplate') not in ('classic', 'modern', 'minimal')"
        )
    ).scalar()
    if comparison is None:
        rows = int(connection.execute(sa.text("select count(*) from adoption.rows")).scalar() or 0)
        comparison = Comparison(rows, rows, 0, 0)  # the old table is gone; it was equal when it went
    return AdoptionReport(step, NEXT[step], comparison, people.people, people.without, int(replaced or 0), kept_only)
