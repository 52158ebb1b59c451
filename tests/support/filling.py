"""One made-up row in every table of a schema, from what the catalog says about it: works at every revision."""

import re
import uuid
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

COLUMNS = """
    select a.attname, format_type(a.atttypid, a.atttypmod),
        (select con.confrelid::regclass::text from pg_constraint con
         where con.conrelid = a.attrelid and con.contype = 'f' and a.attnum = any(con.conkey) limit 1),
        (select string_agg(pg_get_constraintdef(con.oid), ' ') from pg_constraint con
         where con.conrelid = a.attrelid and con.contype = 'c' and a.attnum = any(con.conkey))
    from pg_attribute a
    where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull
        and not a.atthasdef and a.attidentity = ''
    order by a.attnum
"""
OWN = {"alembic_version", "migration_journal"}


def fill(connection: psycopg.Connection, schema: str) -> dict[str, int]:
    """Insert a row per table, parents first; return how many rows each table then has."""
    rows = connection.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relkind = 'r' order by 1",
        [schema],
    )
    waiting = [name for (name,) in rows if name not in OWN]
    filled: dict[str, Any] = {}
    while waiting:
        ready = [table for table in waiting if set(parents(connection, schema, table)) <= filled.keys()]
        assert ready, f"tables point at each other: {waiting}"
        for table in ready:
            filled[f"{schema}.{table}"] = insert(connection, schema, table, filled)
            waiting.remove(table)
    return counts(connection, filled)


def counts(connection: psycopg.Connection, tables: dict[str, Any]) -> dict[str, int]:
    found = {}
    for table in tables:
        row = connection.execute(
            sql.SQL("select count(*) from {}").format(sql.Identifier(*table.split(".")))
        ).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


def parents(connection: psycopg.Connection, schema: str, table: str) -> list[str]:
    rows = connection.execute(COLUMNS, [f"{schema}.{table}"])
    return [parent for _, _, parent, _ in rows if parent and parent != f"{schema}.{table}"]


def insert(connection: psycopg.Connection, schema: str, table: str, filled: dict[str, Any]) -> Any:
    """Insert one row; return its id when it has one."""
    columns = connection.execute(COLUMNS, [f"{schema}.{table}"]).fetchall()
    values = [filled[parent] if parent else made_up(kind, check or "") for _, kind, parent, check in columns]
    names = [name for name, *_ in columns]
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(schema, table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(sql.Placeholder() for _ in names),
    )
    if not names:
        statement = sql.SQL("insert into {} default values").format(sql.Identifier(schema, table))
    connection.execute(statement, values)
    return values[names.index("id")] if "id" in names else None


def made_up(kind: str, check: str) -> Any:
    """A value of the type; the first that a CHECK names when it lists any."""
    listed = re.search(r"ARRAY\['?([^'\],]+)", check)
    if listed and kind in {"text", "integer", "bigint"}:
        return listed[1] if kind == "text" else int(listed[1])
    if kind == "text":
        return uuid.uuid4().hex
    if kind == "uuid":
        return uuid.uuid4()
    if kind == "jsonb":
        return Jsonb({})
    if kind == "boolean":
        return True
    if kind == "bytea":
        return b"x"
    if kind.startswith(("timestamp", "date")):
        return "2026-01-31"
    return 1
