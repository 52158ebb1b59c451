"""Puts a world into a schema of Postgres or a dataset of BigQuery."""

from __future__ import annotations

import io
import json
from typing import Any

import psycopg
from google.cloud import bigquery
from psycopg import sql

from tests.dbt.support.world import SOURCES, World

BIGQUERY_TYPES = {
    "text": "STRING",
    "bigint": "INT64",
    "boolean": "BOOL",
    "timestamptz": "TIMESTAMP",
    "date": "DATE",
    "numeric(20,12)": "BIGNUMERIC(20, 12)",
}
SECONDS = 60


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
    connection.execute(sql.SQL("grant usage on schema {} to cvstomize_pipeline").format(name))
    connection.execute(sql.SQL("grant select on all tables in schema {} to cvstomize_pipeline").format(name))


def load_bigquery(client: bigquery.Client, dataset: str, world: World) -> None:
    """Replace `dataset` by one with the raw tables filled from `world`."""
    client.delete_dataset(dataset, delete_contents=True, not_found_ok=True, timeout=SECONDS, retry=None)
    client.create_dataset(dataset, timeout=SECONDS, retry=None)
    for table, columns in SOURCES.items():
        declared = ", ".join(f"{column} {BIGQUERY_TYPES.get(kind, kind)}" for column, kind in columns)
        # By statement, not by API: stand-ins know the precision of a decimal only here.
        run_query(client, f"create table `{dataset}`.`{table}` ({declared})")
        lines = "\n".join(json.dumps(row, default=str) for row in world.rows[table])
        if lines:
            job = client.load_table_from_file(
                io.BytesIO(lines.encode()),
                f"{client.project}.{dataset}.{table}",
                job_config=bigquery.LoadJobConfig(
                    source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON, write_disposition="WRITE_APPEND"
                ),
                timeout=SECONDS,
            )
            job.result(timeout=SECONDS, retry=None)


def run_query(client: bigquery.Client, statement: str) -> list[bigquery.Row]:
    """The rows of one statement, with a deadline and without retries."""
    job = client.query(statement, timeout=SECONDS, retry=None, job_retry=None)
    return list(job.result(timeout=SECONDS, retry=None, job_retry=None))
