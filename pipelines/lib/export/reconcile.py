"""Holds the raw tables against Postgres at the cut they hold: counts, keys, and a checksum of every column.

The snapshot of the export is gone when this runs, and the database has moved on. But a row whose version is below the
watermark has not changed since the cut, and a key that changed or left since then can be named. So both sides leave
those keys out, and what stays must be equal to the last byte, whatever has been written in the meantime.

A checksum is the sum, over all rows, of the first 32 bits of MD5(key | value): the order of rows does not matter, a
value that moved to another key does. Both engines compute it where the data is; only the sums travel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
from google.cloud import bigquery
from psycopg import sql

from pipelines.lib.export.bigquery_jobs import JobRunner, bigquery_client
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.control import ControlTable, Watermark
from pipelines.lib.export.errors import SchemaChangeError
from pipelines.lib.export.modes import reason_for_snapshot
from pipelines.lib.export.snapshot import open_snapshot
from pipelines.lib.export.view_schema import SCHEMA, ViewColumn, ViewSchema, describe_view, unportable_keys
from pipelines.lib.export.warehouse import RawWarehouse
from pipelines.settings import PipelineSettings

NULL = "\\N"  # JSON text never is this, and a text that is would only be told from NULL by its count
MAX_CHANGED_KEYS = 200_000


@dataclass(slots=True)
class Comparison:
    """One table: how many rows were compared, which columns differ, which rows could not be exported at all."""

    table: str
    rows: int = 0
    problems: list[str] = field(default_factory=list)
    left_out: int = 0


def postgres_text(column: ViewColumn) -> str:
    """The SQL that writes a value the way `bigquery_text` does."""
    name = '"' + column.name.replace('"', '""') + '"'
    match column.type.name:
        case "timestamptz":
            return f"(extract(epoch from {name}) * 1000000)::bigint::text"
        case "date":
            return f"({name} - date '1970-01-01')::text"
        case "numeric":
            return f"trim_scale({name})::text"
        case "text[]":
            return f"coalesce(cardinality({name}), 0)::text || ':' || coalesce(array_to_string({name}, chr(31)), '')"
        case _:
            return f"{name}::text"


def bigquery_text(column: ViewColumn) -> str:
    """The SQL that writes a value the way `postgres_text` does."""
    name = f"`{column.name}`"
    match column.type.name:
        case "timestamptz":
            return f"cast(unix_micros({name}) as string)"
        case "date":
            return f"cast(unix_date({name}) as string)"
        case "numeric":
            text = f"cast({name} as string)"  # with or without trailing zeros, depending on the engine
            return f"if(strpos({text}, '.') > 0, rtrim(rtrim({text}, '0'), '.'), {text})"
        case "text[]":
            length = f"cast(coalesce(array_length({name}), 0) as string)"
            return f"concat({length}, ':', coalesce(array_to_string({name}, chr(31)), ''))"
        case _:
            return f"cast({name} as string)"


def compared(schema: ViewSchema) -> list[ViewColumn]:
    """The columns that both engines can write as the same text: a float's digits are each engine's own."""
    return [column for column in schema.columns if column.type.name != "double precision"]


def compare_table(
    connection: psycopg.Connection, jobs: JobRunner, schema: ViewSchema, raw_table: str, watermark: Watermark
) -> Comparison:
    """Compare one raw table with its view at the watermark's cut. `connection` holds one snapshot for all questions."""
    result = Comparison(schema.table)
    quarantined = unportable_keys(connection, schema)
    if quarantined:
        result.problems.append(
            f"{schema.table}: {len(quarantined)} rows cannot be exported; mend the rows with these keys:"
            f" {', '.join(quarantined[:20])}"
        )
    changed = changed_keys(connection, schema, watermark.xmin)
    left_out = sorted({*changed, *quarantined})
    result.left_out = len(left_out)
    if len(left_out) > MAX_CHANGED_KEYS:
        result.problems.append(f"{schema.table}: {len(left_out)} keys changed since the cut; export, then compare")
        return result
    ours = postgres_sums(connection, schema, left_out)
    theirs = bigquery_sums(jobs, schema, raw_table, left_out)
    result.rows = int(ours["row_count"])
    for name, expected in ours.items():
        if theirs[name] != expected:
            what = f"column {name[4:]}" if name.startswith("sum_") else name.replace("_", " ")
            result.problems.append(f"{schema.table}: {what}: {expected} in Postgres, {theirs[name]} in BigQuery")
    return result


def changed_keys(connection: psycopg.Connection, schema: ViewSchema, since: int) -> list[str]:
    """Keys that were written or left at or above the transaction `since`.

    A version that no transaction has reached yet came with a restored dump, and its row was not touched since.
    """
    query = sql.SQL(
        "select {key}::text from {view} where row_xid >= {since}::xid8"
        " and row_xid < pg_snapshot_xmax(pg_current_snapshot())"
        " union select row_key from cvstomize.deletions where table_name = {table} and row_xid >= {since}::xid8"
        " limit {limit}"
    ).format(
        key=sql.Identifier(schema.contract.key),
        view=sql.Identifier(SCHEMA, schema.table),
        since=sql.Literal(str(since)),
        table=sql.Literal(schema.table),
        limit=sql.Literal(MAX_CHANGED_KEYS + 1),
    )
    return [key for (key,) in connection.execute(query)]


def postgres_sums(connection: psycopg.Connection, schema: ViewSchema, left_out: list[str]) -> dict[str, int]:
    """Count and column checksums of the view, without the keys that are left out."""
    key = schema.contract.key
    sums = ["count(*) as row_count", f"count(distinct {key}) as key_count"]
    for column in compared(schema):
        value = f"coalesce({postgres_text(column)}, '{NULL}')"
        digest = f"('x' || substr(md5({key}::text || '|' || {value}), 1, 8))::bit(32)::bigint"
        sums.append(f'coalesce(sum({digest}), 0) as "sum_{column.name}"')
    statement = (
        f"select {', '.join(sums)} from {SCHEMA}.{schema.table}"  # noqa: S608 - names from the catalogue
        f" where not ({key}::text = any(%s))"
    )
    cursor = connection.execute(statement, [left_out])
    return named(cursor.description, cursor.fetchone())


def named(description: Any, row: Any) -> dict[str, int]:
    """A row of sums by name."""
    return {column.name: int(Decimal(value)) for column, value in zip(description, row, strict=True)}


def bigquery_sums(jobs: JobRunner, schema: ViewSchema, raw_table: str, left_out: list[str]) -> dict[str, int]:
    """The same of the raw table."""
    key = schema.contract.key
    sums = ["count(*) as row_count", f"count(distinct {key}) as key_count"]
    for column in compared(schema):
        value = f"coalesce({bigquery_text(column)}, r'{NULL}')"
        digest = f"cast(concat('0x', substr(to_hex(md5(concat({key}, '|', {value}))), 1, 8)) as int64)"
        sums.append(f"coalesce(sum({digest}), 0) as sum_{column.name}")
    [row] = jobs.rows(
        f"select {', '.join(sums)} from `{raw_table}` where {key} not in unnest(@left_out)",  # noqa: S608
        [bigquery.ArrayQueryParameter("left_out", "STRING", left_out)],
    )
    return {name: int(value) for name, value in row.items()}


def compare_all(settings: PipelineSettings) -> list[Comparison]:
    """Compare every raw table that has a watermark. A table of another cluster or with another shape is a problem."""
    client = bigquery_client(settings)
    warehouse = RawWarehouse(client, settings)
    watermarks = ControlTable(client, warehouse.jobs, warehouse.raw).read()
    results = []
    with open_snapshot(settings.database_url) as (connection, snapshot):
        for table, contract in load_contracts().items():
            watermark = watermarks.get(table)
            try:
                schema = describe_view(connection, contract)
                reason = "never exported" if watermark is None else reason_for_snapshot(schema, snapshot, watermark)
            except SchemaChangeError as error:
                reason = str(error)
            if reason or watermark is None:
                results.append(Comparison(table, problems=[f"{table}: cannot be compared: {reason}"]))
            else:
                raw_table = warehouse.raw_table(table)
                results.append(compare_table(connection, warehouse.jobs, schema, raw_table, watermark))
    return results
