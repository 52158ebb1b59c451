"""Copies marts from BigQuery to Postgres. A reader sees the old marts or the new ones, never a mixture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from google.cloud import bigquery
from psycopg import sql

from pipelines.lib.export.bigquery_jobs import CALL_SECONDS, JOB_SECONDS, bigquery_client, call_retry
from pipelines.lib.export.database import connect, deadline
from pipelines.settings import PipelineSettings

READERS = ("cvstomize_analyst", "cvstomize_app")
PUBLISH_SECONDS = 300.0
PREVIEW_ROWS = 5
POSTGRES_TYPES = {
    "STRING": "text",
    "INTEGER": "bigint",
    "INT64": "bigint",
    "FLOAT": "double precision",
    "FLOAT64": "double precision",
    "NUMERIC": "numeric",
    "BIGNUMERIC": "numeric",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamptz",
}


def copy_marts(settings: PipelineSettings, marts: Sequence[str]) -> dict[str, int]:
    """Replace the marts in Postgres by those in BigQuery, all in one transaction; returns rows by mart."""
    client = bigquery_client(settings)
    counts = {}
    with connect(settings.database_url) as connection, deadline(connection, PUBLISH_SECONDS):
        for mart in marts:
            name = f"{settings.gcp_project_id}.{settings.warehouse_dataset('marts')}.{mart}"
            table = client.get_table(name, timeout=CALL_SECONDS, retry=call_retry())
            job = client.query(
                f"select * from `{name}`",  # noqa: S608
                timeout=CALL_SECONDS,
                retry=call_retry(),
                job_retry=None,
            )
            rows = job.result(timeout=JOB_SECONDS, retry=call_retry(), job_retry=None)
            counts[mart] = replace_mart(connection, mart, table, rows)
    return counts


def replace_mart(connection: psycopg.Connection, mart: str, table: bigquery.Table, rows: Any) -> int:
    """Write one mart anew with its comments and rights; returns its rows."""
    target = sql.Identifier("marts", mart)
    columns = [(field.name, POSTGRES_TYPES[field.field_type], field.description or "") for field in table.schema]
    for kind in ("table", "view"):  # dbt may have left either
        exists = connection.execute(
            "select 1 from pg_class where oid = to_regclass(%s) and relkind = %s",
            [f'marts."{mart}"', "r" if kind == "table" else "v"],
        ).fetchone()
        if exists:
            connection.execute(sql.SQL("drop {} {} cascade").format(sql.SQL(kind), target))
    definitions = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind, _ in columns]
    connection.execute(sql.SQL("create table {} ({})").format(target, sql.SQL(", ").join(definitions)))
    comments = [("table", target, table.description or "")]
    comments += [("column", sql.Identifier("marts", mart, name), text) for name, _, text in columns]
    for kind, place, text in comments:
        if text:
            connection.execute(sql.SQL("comment on {} {} is {}").format(sql.SQL(kind), place, sql.Literal(text)))
    count = 0
    with connection.cursor() as cursor, cursor.copy(sql.SQL("copy {} from stdin").format(target)) as copy:
        for row in rows:
            copy.write_row(row.values())
            count += 1
    for reader in READERS:
        connection.execute(sql.SQL("grant select on {} to {}").format(target, sql.Identifier(reader)))
    return count


def preview_marts(settings: PipelineSettings, marts: Sequence[str]) -> str:
    """The first rows of every mart as Markdown: published rows only, which are aggregates."""
    parts = []
    with connect(settings.database_url, autocommit=True) as connection:
        for mart in marts:
            cursor = connection.execute(
                sql.SQL("select * from {} where status = 'published' order by 1, 2, 3 limit {}").format(
                    sql.Identifier("marts", mart), sql.Literal(PREVIEW_ROWS)
                )
            )
            names = [column.name for column in cursor.description or ()]
            lines = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in cursor)]
            parts.append(f"### {mart}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def count_marts(settings: PipelineSettings, marts: Sequence[str]) -> dict[str, int]:
    """Rows by mart as Postgres has them."""
    counts = {}
    with connect(settings.database_url, autocommit=True) as connection:
        for mart in marts:
            row = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier("marts", mart))
            ).fetchone()
            assert row is not None
            counts[mart] = int(row[0])
    return counts
