"""Puts a world into a schema of Postgres or a dataset of BigQuery."""

from __future__ import annotations

import io
import json
from typing import Any

import psycopg
from google.api_core.retry import Retry
from google.cloud import bigquery
from psycopg import sql

from tests.dbt.support.world import SOURCES, World

BIGQUERY_TYPES = {
    "text": "STRING",
    "bigint": "INT64",
    "boolean": "BOOL",
    "timestamptz": "TIMESTAMP",
    "date": "DATE",
    "numeric(20,12)": "BIGNUMERIC(20,12)",
}


def load_postgres(connection: psycopg.Connection[Any], schema: str, world: World) -> None:
    """Replace `schema` by one with the source tables filled from `world`."""
    name = sql.Identifier(schema)
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(name))
    connection.execute(sql.SQL("create schema {}").format(name))
    for table, columns in SOURCES.items():
        declared = sql.SQL(", ").join(sql.SQL("{} " + kind).format(sql.Identifier(column)) for column, kind in columns)
        target = sql.Identifier(schema, table)
        connection.execute(sql.SQL("create table {} ({})").format(target, declared))
        with connection.cursor().copy(sql.SQL("copy {} from stdin").format(target)) as copy:
            for row in world.rows[table]:
                copy.write_row(list(row.values()))
        connection.execute(sql.SQL("analyze {}").format(target))
    connection.execute(sql.SQL("grant usage on schema {} to public").format(name))
    connection.execute(sql.SQL("grant select on all tables in schema {} to public").format(name))


def load_bigquery(client: bigquery.Client, dataset: str, world: World) -> None:
    """Replace `dataset` by one with the raw tables filled from `world`."""
    client.delete_dataset(dataset, delete_contents=True, not_found_ok=True, timeout=30)
    client.create_dataset(dataset, timeout=30)
    for table, columns in SOURCES.items():
        schema = [bigquery_field(column, kind) for column, kind in columns]
        client.create_table(bigquery.Table(f"{client.project}.{dataset}.{table}", schema=schema), timeout=30)
        lines = "\n".join(json.dumps(row, default=str) for row in world.rows[table])
        if not lines:
            continue
        job = client.load_table_from_file(
            io.BytesIO(lines.encode()),
            f"{client.project}.{dataset}.{table}",
            job_config=bigquery.LoadJobConfig(
                source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
                schema=schema,
                write_disposition="WRITE_TRUNCATE",
            ),
            timeout=60,
        )
        job.result(timeout=60, retry=Retry(timeout=60))


def bigquery_field(column: str, kind: str) -> bigquery.SchemaField:
    """The field of a raw table."""
    if kind in BIGQUERY_TYPES and "(" not in BIGQUERY_TYPES[kind]:
        return bigquery.SchemaField(column, BIGQUERY_TYPES[kind])
    precision, scale = (int(part) for part in kind.removeprefix("numeric(").removesuffix(")").split(","))
    return bigquery.SchemaField(
        column, "BIGNUMERIC" if scale > 9 else "NUMERIC", precision=precision, scale=scale
    )
