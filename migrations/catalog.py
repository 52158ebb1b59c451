"""What the server's catalog says about the objects a migration touches. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from migrations.findings import TableSize
from migrations.roles import LOGIN_ROLES, OWNER
from migrations.statements import LOCK_LEVELS, Touch, strongest

PRODUCT_SCHEMAS = ("cvstomize", "export", "staging", "core", "marts")
OWNED_SCHEMAS = ("cvstomize", "export")
LONG_TRANSACTION_SECONDS = 5

# Which held locks make a wanted one wait (PostgreSQL manual, table 13.2).
CONFLICTS: dict[str, tuple[str, ...]] = {
    "ACCESS SHARE": LOCK_LEVELS[7:],
    "ROW SHARE": LOCK_LEVELS[6:],
    "ROW EXCLUSIVE": LOCK_LEVELS[4:],
    "SHARE UPDATE EXCLUSIVE": LOCK_LEVELS[3:],
    "SHARE": (*LOCK_LEVELS[2:4], *LOCK_LEVELS[5:]),
    "SHARE ROW EXCLUSIVE": LOCK_LEVELS[2:],
    "EXCLUSIVE": LOCK_LEVELS[1:],
    "ACCESS EXCLUSIVE": LOCK_LEVELS,
}

RELATIONS = """
    select c.oid, n.nspname, c.relname, c.relkind::text as kind, pg_get_userbyid(c.relowner) as owner,
        pg_has_role(:owner, c.relowner, 'usage') as ours, pg_total_relation_size(c.oid) as bytes,
        greatest(c.reltuples, 0)::bigint as rows, i.indrelid::regclass::text as index_table, i.indisvalid,
        pg_get_indexdef(i.indexrelid) as index_definition,
        (select d.refobjid::regclass::text from pg_depend d
         where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
           and d.refclassid = 'pg_class'::regclass limit 1) as part_of
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
"""
FUNCTIONS = """
    select p.oid::regprocedure::text as name, p.prokind::text as kind, pg_get_userbyid(p.proowner) as owner,
        pg_has_role(:owner, p.proowner, 'usage') as ours,
        has_function_privilege(:owner, p.oid, 'execute') as may_execute
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
"""
TYPES = """
    select t.oid::regtype::text as name, t.typtype::text as kind, pg_get_userbyid(t.typowner) as owner,
        pg_has_role(:owner, t.typowner, 'usage') as ours
    from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
    where coalesce(c.relkind, 'c') = 'c' and t.typcategory <> 'A'
"""
BY_NAME = "n.nspname = coalesce(nullif(:schema, ''), current_schema()) and "


def relations(connection: sa.Connection, touch: Touch) -> Sequence[sa.Row[Any]]:
    """The relation a touch names, or all tables and views, or all sequences, of a schema."""
    if touch.kind == "relation":
        where = BY_NAME + "c.relname = :name"
    elif touch.kind == "any":
        where = "n.nspname = any(:schemas) and c.relkind in ('r', 'p', 'v', 'm', 'S')"
    else:
        kinds = "'S'" if touch.kind == "sequences of" else "'r', 'p', 'v', 'm', 'f'"
        where = f"n.nspname = :schema and c.relkind in ({kinds})"
    return connection.execute(
        sa.text(f"{RELATIONS} where {where} order by 2, 3"),
        {"owner": OWNER, "schema": touch.schema, "name": touch.name, "schemas": list(OWNED_SCHEMAS)}
        if touch.kind == "any"
        else {"owner": OWNER, "schema": touch.schema, "name": touch.name},
    ).all()


def functions(connection: sa.Connection, touch: Touch) -> Sequence[sa.Row[Any]]:
    """Every overload of the function a touch names, or all functions of a schema."""
    where = "n.nspname = :schema" if touch.kind == "functions of" else BY_NAME + "p.proname = :name"
    values = {"owner": OWNER, "schema": touch.schema, "name": touch.name}
    return connection.execute(sa.text(f"{FUNCTIONS} where {where} order by 1"), values).all()


def types(connection: sa.Connection, touch: Touch) -> Sequence[sa.Row[Any]]:
    """The enum, domain or composite type a touch names."""
    values = {"owner": OWNER, "schema": touch.schema, "name": touch.name}
    return connection.execute(sa.text(f"{TYPES} and {BY_NAME} t.typname = :name"), values).all()


def sizes(connection: sa.Connection, touches: Iterable[Touch]) -> tuple[TableSize, ...]:
    """Tables that exist and would be locked, the largest first, with the strongest lock on each."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for touch in touches:
        if touch.kind == "relation" and touch.lock:
            wanted.setdefault((touch.schema, touch.name), []).append(touch.lock)
    found = []
    for (schema, name), levels in wanted.items():
        for row in relations(connection, Touch("relation", schema, name, "read")):
            if row.kind in {"r", "p", "m"}:
                level = strongest(iter(levels)) or ""
                found.append(TableSize(f"{row.nspname}.{row.relname}", row.bytes, row.rows, level))
    return tuple(sorted(found, key=lambda size: (-size.total_bytes, size.name)))


def blockers(connection: sa.Connection, touches: Iterable[Touch]) -> tuple[str, ...]:
    """Sessions that hold locks the touches would wait for: pid, what it holds, and since when."""
    found: list[str] = []
    for size in sizes(connection, touches):
        modes = [f"{level.title().replace(' ', '')}Lock" for level in CONFLICTS[size.lock]]
        rows = connection.execute(
            sa.text(
                "select distinct l.pid, l.mode, a.usename, a.state, a.xact_start from pg_locks l"
                " join pg_stat_activity a on a.pid = l.pid"
                " where l.relation = to_regclass(:name) and l.granted and l.pid <> pg_backend_pid()"
                " and l.mode = any(:modes) and coalesce(a.backend_type, 'client backend') = 'client backend'"
            ),
            {"name": size.name, "modes": modes},
        )
        for row in rows:
            since = f"since {row.xact_start:%Y-%m-%d %H:%M:%S %Z}" if row.xact_start else "since a hidden time"
            found.append(f"pid {row.pid} of {row.usename} holds {row.mode} on {size.name} {since}")
    return tuple(dict.fromkeys(found))


def long_transactions(connection: sa.Connection) -> tuple[str, ...]:
    """Transactions of this database that have been open for long. An index build waits for each of them.

    A role without pg_read_all_stats sees other roles' sessions, but not since when; their locks are visible to all.
    """
    rows = connection.execute(
        sa.text(
            "select a.pid, a.usename, a.state, a.xact_start, extract(epoch from now() - a.xact_start)::bigint as age"
            " from pg_stat_activity a where a.datname = current_database() and a.pid <> pg_backend_pid()"
            " and a.backend_type = 'client backend' and a.xact_start < now() - make_interval(secs => :seconds)"
            " union all"
            " select a.pid, a.usename, a.state, null, null from pg_stat_activity a"
            " where a.datname = current_database() and a.pid <> pg_backend_pid() and a.xact_start is null"
            " and exists (select 1 from pg_locks l where l.pid = a.pid and l.locktype = 'relation'"
            " and l.relation >= 16384)"
            " order by 4"
        ),
        {"seconds": LONG_TRANSACTION_SECONDS},
    )
    return tuple(
        f"pid {row.pid} of {row.usename} has had a transaction open for {row.age} s"
        if row.age is not None
        else f"pid {row.pid} of {row.usename} has a transaction open; since when is hidden from this role"
        for row in rows
    )


def invalid_indexes(connection: sa.Connection) -> tuple[tuple[str, str], ...]:
    """Schema and name of every index that an interrupted build left."""
    rows = connection.execute(
        sa.text(
            "select n.nspname, c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
            " join pg_namespace n on n.oid = c.relnamespace where not i.indisvalid and n.nspname = any(:schemas)"
            " order by 1, 2"
        ),
        {"schemas": list(PRODUCT_SCHEMAS)},
    )
    return tuple((row.nspname, row.relname) for row in rows)


def grants(connection: sa.Connection) -> tuple[str, ...]:
    """What every role may do in the product's schemas, and what it will be granted on objects to come."""
    present = connection.execute(
        sa.text(
            "select coalesce(r.rolname, 'public') as grantee, n.nspname, a.privilege_type, count(*) as objects"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join aclexplode(c.relacl) a"
            " left join pg_roles r on r.oid = a.grantee"
            " where n.nspname = any(:schemas) and a.grantee <> c.relowner group by 1, 2, 3 order by 1, 2, 3"
        ),
        {"schemas": list(PRODUCT_SCHEMAS)},
    )
    gathered: dict[tuple[str, str], list[str]] = {}
    for row in present:
        gathered.setdefault((row.grantee, row.nspname), []).append(f"{row.privilege_type.lower()} {row.objects}")
    lines = [f"{grantee} in {schema}: {', '.join(found)}" for (grantee, schema), found in gathered.items()]
    defaults = connection.execute(
        sa.text(
            "select pg_get_userbyid(d.defaclrole) as creator, coalesce(n.nspname, 'every schema') as place,"
            " d.defaclobjtype::text as kind, coalesce(r.rolname, 'public') as grantee,"
            " string_agg(lower(a.privilege_type), ', ' order by a.privilege_type) as rights"
            " from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace"
            " cross join aclexplode(d.defaclacl) a left join pg_roles r on r.oid = a.grantee"
            " where a.grantee <> d.defaclrole group by 1, 2, 3, 4 order by 1, 2, 3, 4"
        )
    )
    words = {"r": "tables", "S": "sequences", "f": "functions", "T": "types", "n": "schemas"}
    lines += [
        f"default: {words.get(row.kind, row.kind)} that {row.creator} makes in {row.place} give {row.grantee}"
        f" {row.rights}"
        for row in defaults
    ]
    return tuple(lines)


def powerful_roles(connection: sa.Connection) -> tuple[str, ...]:
    """Login roles of the product, other than the migrator, that could act as the owner."""
    rows = connection.execute(
        sa.text(
            "select rolname from pg_roles where rolname = any(:roles)"
            " and (rolsuper or pg_has_role(rolname, :owner, 'member')) order by 1"
        ),
        {"roles": [role for role in LOGIN_ROLES if role != "cvstomize_migrator"], "owner": OWNER},
    )
    return tuple(row.rolname for row in rows)
