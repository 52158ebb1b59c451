"""Looks at everything that could stop a migration, before its first statement. Changes nothing.

The service this replaces found out half-way that `resumes` had another owner. Here every object that a pending
revision touches is looked up first, and each refusal comes with the statement that removes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from api.db.base import SCHEMA
from migrations import catalog, journal
from migrations.chain import Chain, Revision, cut_into_steps
from migrations.errors import RefusedError
from migrations.findings import CheckReport, Finding, Remedy, quoted, transfer
from migrations.roles import MIGRATOR, OWNER
from migrations.session import current_revision, lock_holder
from migrations.statements import Touch

RELATION_WORDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "S": "sequence", "f": "table"}
OWN_TABLES = (
    Touch("relation", SCHEMA, "alembic_version", "alter"),
    Touch("relation", SCHEMA, journal.TABLE, "alter"),
)


@contextmanager
def as_owner(connection: sa.Connection) -> Iterator[None]:
    """Ask as the owner role. Only then: details of other sessions are shown to the role that started them."""
    connection.execute(sa.text(f"set local role {OWNER}"))
    yield
    connection.execute(sa.text("set local role none"))


def check(connection: sa.Connection, chain: Chain, target: str | None = None) -> CheckReport:
    """Everything an operator should know before a migration. Raises sqlalchemy DBAPIError when it cannot ask."""
    place, database = _place(connection)
    # Without these nothing else can be known, not even the revision: it lies in the schema.
    early = tuple(_cannot_begin(connection, database)) or tuple(Objects(connection).own_schema())
    if early:
        return CheckReport(place, findings=early, database=database, head=chain.head)
    with as_owner(connection):
        current = current_revision(connection)
    findings: list[Finding] = []
    pending: tuple[Revision, ...] = ()
    try:
        pending = chain.pending(current, target)
        findings += _broken_rules(pending)
    except RefusedError as error:
        findings.append(Finding(str(error)))
    readable = [] if findings else list(pending)
    touches = tuple(touch for revision in readable for statement in revision.statements for touch in statement.touches)
    if pending:
        findings += Objects(connection).problems(readable)
    findings += _journal_problems(connection, chain, pending)
    findings += _notices(connection, touches)
    return CheckReport(
        place=place,
        current=current,
        head=chain.head,
        pending=tuple((r.name, r.title, r.standalone, r.statements if readable else ()) for r in pending),
        sizes=catalog.sizes(connection, touches),
        findings=tuple(dict.fromkeys(findings)),
        grants=catalog.grants(connection),
        locked_by=lock_holder(connection),
        interrupted=_interrupted(connection),
        database=database,
    )


def _place(connection: sa.Connection) -> tuple[str, str]:
    row = connection.execute(
        sa.text(
            "select session_user as role, current_database() as database, current_setting('server_version') as version,"
            " coalesce(host(inet_server_addr()), 'a local socket') as host, inet_server_port() as port"
        )
    ).one()
    port = f":{row.port}" if row.port else ""
    return f"{row.role} at {row.host}{port}, database {row.database}, PostgreSQL {row.version}", row.database


def _cannot_begin(connection: sa.Connection, database: str) -> Iterator[Finding]:
    if connection.execute(sa.text("select pg_is_in_recovery()")).scalar():
        yield Finding("this server is a replica, which takes no changes: give the address of the primary")
        return
    if connection.execute(sa.text("select current_setting('default_transaction_read_only')")).scalar() == "on":
        yield Finding(
            "transactions of this role are read-only here (default_transaction_read_only)",
            remedies=(
                Remedy(f"alter database {quoted(database)} reset default_transaction_read_only"),
                Remedy(f"alter role {quoted(MIGRATOR)} reset default_transaction_read_only"),
                Remedy(
                    f"alter role {quoted(MIGRATOR)} in database {quoted(database)} reset default_transaction_read_only"
                ),
            ),
        )
    exists = connection.execute(sa.text("select 1 from pg_roles where rolname = :o"), {"o": OWNER}).scalar()
    user = str(connection.execute(sa.text("select session_user")).scalar())
    member = Remedy(f"grant {quoted(OWNER)} to {quoted(user)}")
    if not exists:
        yield Finding(
            f"there is no role {OWNER}",
            remedies=(
                Remedy(f"create role {quoted(OWNER)} nologin"),
                Remedy(f"grant connect, create on database {quoted(database)} to {quoted(OWNER)}"),
                member,
            ),
        )
        return
    version = connection.dialect.server_version_info or (0,)
    right = "set" if version >= (16,) else "member"
    may = sa.text("select pg_has_role(session_user, :o, :right)")
    if not connection.execute(may, {"o": OWNER, "right": right}).scalar():
        yield Finding(f"permission denied to set role {OWNER}: {user} is no member of it", remedies=(member,))


def _broken_rules(pending: tuple[Revision, ...]) -> Iterator[Finding]:
    for revision in pending:
        if problem := revision.rule_broken():
            yield Finding(f"revision {revision.name} {problem}")


def _journal_problems(connection: sa.Connection, chain: Chain, pending: tuple[Revision, ...]) -> Iterator[Finding]:
    waiting = {revision.name for revision in pending}
    entries = _entries(connection)
    for revision in chain.revisions:
        entry = entries.get(revision.name)
        if entry is None or revision.name in waiting or entry.checksum == revision.checksum:
            continue
        statement = (
            f"update {SCHEMA}.{journal.TABLE} set checksum = '{revision.checksum}'"  # noqa: S608 - hexadecimal
            f" where revision = '{revision.name}'"
        )
        yield Finding(
            f"revision {revision.name} was edited after it ran on {entry.started_at:%Y-%m-%d}: the file is not what is"
            " in the database. Restore the file, or, when the edit changes no statement, accept it",
            remedies=(Remedy(statement, OWNER),),
        )


def _entries(connection: sa.Connection) -> dict[str, journal.Entry]:
    with as_owner(connection):
        return journal.read(connection)


def _interrupted(connection: sa.Connection) -> str | None:
    for entry in _entries(connection).values():
        if entry.state == "started":
            return (
                f"revision {entry.revision} was begun at {entry.started_at:%Y-%m-%d %H:%M:%S %Z} and not finished;"
                " run `cvstomize migrate` again: it drops an INVALID index and builds it anew"
            )
    return None


def _notices(connection: sa.Connection, touches: tuple[Touch, ...]) -> Iterator[Finding]:
    for schema, name in catalog.invalid_indexes(connection):
        yield Finding(
            f"index {schema}.{name} is INVALID: no query uses it and every write pays for it"
            f" (reindex index concurrently {quoted(schema, name)})",
            refused=False,
        )
    for sentence in (*catalog.long_transactions(connection), *catalog.blockers(connection, touches)):
        yield Finding(sentence, refused=False)
    for role in catalog.powerful_roles(connection):
        yield Finding(
            f"{role} can act as the owner and so alter or drop every table (revoke {OWNER} from {role})", refused=False
        )
    strangers = [
        f"{row.nspname}.{row.relname}"
        for row in catalog.relations(connection, Touch("any", "", "", "alter"))
        if not row.ours
    ]
    if strangers:
        yield Finding(
            f"not owned by {OWNER}, so a revision that touches one is refused: {', '.join(strangers)}", refused=False
        )


class Objects:
    """Whether the owner role may do to every object what the pending revisions do to it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._made: set[tuple[str, str, str]] = set()

    def own_schema(self) -> Iterator[Finding]:
        """Whether the schema that holds the version table is the owner's, or can be made."""
        yield from self._schema(SCHEMA, "alter" if self._scalar("select to_regnamespace(:s)", s=SCHEMA) else "create")

    def problems(self, pending: list[Revision]) -> Iterator[Finding]:
        """One finding per object and fault, in the order the revisions meet them."""
        for touch in OWN_TABLES:
            yield from self._judge(touch)
        for step in cut_into_steps(pending):
            if step.standalone:
                yield from self._standalone(step.revisions[0])
            for statement in step.statements:
                for touch in statement.touches:
                    key = (touch.kind, touch.schema, touch.name)
                    if key in self._made:
                        continue
                    yield from self._judge(touch)
                    if touch.action in {"create", "replace"} or statement.node == "DropStmt":
                        self._made.add(key)

    def _judge(self, touch: Touch) -> Iterator[Finding]:
        match touch.kind:
            case "role":
                yield from self._role(touch)
            case "schema":
                yield from self._schema(touch.name, touch.action)
            case "relation" | "relations of" | "sequences of":
                yield from self._relation(touch)
            case "function" | "functions of":
                yield from self._function(touch)
            case "type":
                yield from self._type(touch)
            case "any":
                for row in catalog.relations(self._connection, touch):
                    yield from self._owned(row)

    def _scalar(self, query: str, **values: Any) -> Any:
        return self._connection.execute(sa.text(query), values).scalar()

    def _role(self, touch: Touch) -> Iterator[Finding]:
        if not self._scalar("select 1 from pg_roles where rolname = :name", name=touch.name):
            yield Finding(
                f"there is no role {touch.name}, which a revision names",
                remedies=(Remedy(f"create role {quoted(touch.name)} login"),),
            )

    def _schema(self, name: str, action: str) -> Iterator[Finding]:
        row = self._connection.execute(
            sa.text(
                "select pg_get_userbyid(nspowner) as owner, pg_has_role(:o, nspowner, 'usage') as ours,"
                " has_schema_privilege(:o, oid, 'create') and has_schema_privilege(:o, oid, 'usage') as may_create"
                " from pg_namespace where nspname = :name"
            ),
            {"o": OWNER, "name": name},
        ).first()
        if row is None:
            if action == "create" and not self._scalar(
                "select has_database_privilege(:o, current_database(), 'create')", o=OWNER
            ):
                database = self._scalar("select current_database()")
                statement = f"grant create on database {quoted(database)} to {quoted(OWNER)}"
                yield Finding(f"{OWNER} may not create schema {name}", remedies=(Remedy(statement),))
            return
        if row.ours or (row.may_create and action in {"create", "read"}):
            return
        if name in catalog.PRODUCT_SCHEMAS:
            yield Finding(
                f"must be owner of schema {name}: it belongs to {row.owner}",
                remedies=(transfer("schema", quoted(name), row.owner),),
            )
        else:
            grant = Remedy(f"grant usage, create on schema {quoted(name)} to {quoted(OWNER)}", row.owner)
            yield Finding(f"{OWNER} may not create in schema {name} of {row.owner}", remedies=(grant,))

    def _may_create_in(self, schema: str) -> Iterator[Finding]:
        name = schema or self._scalar("select current_schema()")
        if name and ("schema", "", name) not in self._made:
            yield from self._schema(name, "read")

    def _relation(self, touch: Touch) -> Iterator[Finding]:
        rows = catalog.relations(self._connection, touch)
        if touch.action in {"create", "replace"}:
            yield from self._may_create_in(touch.schema)
        for row in rows:
            if touch.action == "create":
                yield self._in_the_way(row)
            elif touch.action != "read":
                yield from self._owned(row)
            elif not row.ours:
                yield from self._readable(row, touch)

    def _in_the_way(self, row: Any) -> Finding:
        name = quoted(row.nspname, row.relname)
        word = RELATION_WORDS.get(row.kind, "index")
        return Finding(
            f"{word} {row.nspname}.{row.relname} of {row.owner} is already there, and no revision made it",
            remedies=(Remedy(f"alter {word} {name} rename to {quoted(f'{row.relname}_before')}", row.owner),),
        )

    def _owned(self, row: Any) -> Iterator[Finding]:
        if row.ours:
            return
        word, name = RELATION_WORDS.get(row.kind, "index"), quoted(row.nspname, row.relname)
        whole = row.index_table or (row.part_of if row.kind == "S" else None)
        remedy = transfer("table", whole, row.owner) if whole else transfer(word, name, row.owner)
        yield Finding(
            f"must be owner of {word} {row.nspname}.{row.relname}: it belongs to {row.owner}", remedies=(remedy,)
        )
        yield from self._may_create_in(row.nspname)

    def _readable(self, row: Any, touch: Touch) -> Iterator[Finding]:
        right = {"ACCESS SHARE": "select", "SHARE ROW EXCLUSIVE": "references"}.get(touch.lock or "")
        if right is None:
            yield from self._owned(row)
        elif not self._scalar(
            "select has_table_privilege(:o, cast(:id as oid), :right)", o=OWNER, id=row.oid, right=right
        ):
            statement = f"grant {right} on {quoted(row.nspname, row.relname)} to {quoted(OWNER)}"
            yield Finding(
                f"{OWNER} lacks {right} on {row.nspname}.{row.relname} of {row.owner}",
                remedies=(Remedy(statement, row.owner),),
            )

    def _function(self, touch: Touch) -> Iterator[Finding]:
        if touch.action in {"create", "replace"}:
            yield from self._may_create_in(touch.schema)
        if touch.action == "create":
            return
        for row in catalog.functions(self._connection, touch):
            word = "procedure" if row.kind == "p" else "function"
            name, owner = str(row.name), str(row.owner)
            if touch.action == "read":
                if not row.may_execute:
                    grant = Remedy(f"grant execute on {word} {name} to {quoted(OWNER)}", owner)
                    yield Finding(f"{OWNER} may not execute {word} {name} of {owner}", remedies=(grant,))
            elif not row.ours:
                yield Finding(
                    f"must be owner of {word} {name}: it belongs to {owner}", remedies=(transfer(word, name, owner),)
                )

    def _type(self, touch: Touch) -> Iterator[Finding]:
        if touch.action == "create":
            yield from self._may_create_in(touch.schema)
            return
        for row in catalog.types(self._connection, touch):
            if not row.ours:
                word = "domain" if row.kind == "d" else "type"
                name, owner = str(row.name), str(row.owner)
                yield Finding(
                    f"must be owner of {word} {name}: it belongs to {owner}", remedies=(transfer(word, name, owner),)
                )

    def _standalone(self, revision: Revision) -> Iterator[Finding]:
        """A valid index of that name, without a started entry, was made by somebody else."""
        (statement,) = revision.statements
        if statement.node != "IndexStmt" or revision.name in _entries(self._connection):
            return
        table = next(touch for touch in statement.touches if touch.kind == "relation")
        for row in catalog.relations(self._connection, Touch("relation", table.schema, statement.index, "create")):
            if row.indisvalid:
                name = quoted(str(row.nspname), str(row.relname))
                yield Finding(
                    f"index {name} is already there, and no revision made it: {row.index_definition}",
                    remedies=(Remedy(f"drop index {name}", str(row.owner)),),
                )
