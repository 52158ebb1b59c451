"""Looks for people's keys in everything the pipelines hold: Postgres, BigQuery and the export's Parquet objects."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import psycopg
from psycopg import sql

from pipelines.settings import PipelineSettings

KEYS = ("person_key", "row_key")
SCHEMAS = ("staging", "core", "marts")
Residue = dict[str, set[str]]  # the keys found, by place


def keys_in_postgres(connection: psycopg.Connection, keys: Sequence[str]) -> Residue:
    """Which keys still stand in which table of the pipelines' schemas, in any column."""
    found: Residue = {}
    if not keys:
        return found
    tables = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2", [list(SCHEMAS)]
    ).fetchall()
    for schema, table in tables:
        statement = sql.SQL(
            "select distinct wanted.key from unnest(%s::text[]) as wanted (key)"
            " join {} as rows on strpos(rows::text, wanted.key) > 0"
        ).format(sql.Identifier(schema, table))
        named = {str(row[0]) for row in connection.execute(statement, [list(keys)])}
        if named:
            found[f"{schema}.{table}"] = named
    return found


def keys_in_bigquery(settings: PipelineSettings, keys: Sequence[str]) -> Residue:
    """Which keys still stand in which table of the warehouse, load tables of the ledger included.

    Tables without a key hold no person, nor does a dataset or table that is not there, or no longer when it is asked.
    """
    from google.api_core.exceptions import NotFound
    from google.cloud import bigquery

    from pipelines.lib.export.bigquery_jobs import CALL_SECONDS, JobRunner, bigquery_client, call_retry

    found: Residue = {}
    if not keys:
        return found
    client = bigquery_client(settings)
    runner = JobRunner(client)
    layers = (settings.warehouse_dataset(layer) for layer in SCHEMAS)
    for dataset in (settings.raw_dataset, settings.load_dataset, *layers):
        try:
            listed = list(client.list_tables(dataset, timeout=CALL_SECONDS, retry=call_retry()))
        except NotFound:
            continue
        for item in listed:
            try:
                table = client.get_table(item.reference, timeout=CALL_SECONDS, retry=call_retry())
                names = {field.name for field in table.schema}
                column = next((name for name in KEYS if name in names), None)
                if table.table_type != "TABLE" or column is None:
                    continue
                name = f"{table.project}.{table.dataset_id}.{table.table_id}"
                rows = runner.rows(
                    f"select distinct {column} from `{name}` where {column} in unnest(@keys)",  # noqa: S608 - names from the catalogue
                    [bigquery.ArrayQueryParameter("keys", "STRING", list(keys))],
                )
            except NotFound:  # a load table that expired, or a dbt model that was renamed, since the listing
                continue
            if rows:
                found[f"bigquery {table.dataset_id}.{table.table_id}"] = {str(row[0]) for row in rows}
    return found


def keys_in_objects(settings: PipelineSettings, keys: Sequence[str]) -> Residue:
    """Which keys still stand in which Parquet object of the export. Reads the one column, in ranges, not the object."""
    import pyarrow.parquet as parquet

    from pipelines.lib.export.storage import CALL_SECONDS, RETRY, storage_client

    found: Residue = {}
    if not keys:
        return found
    wanted = set(keys)
    client = storage_client(settings)
    for blob in client.list_blobs(settings.gcs_export_bucket, prefix="cuts/", timeout=CALL_SECONDS, retry=RETRY):
        with closing(blob.open("rb", timeout=CALL_SECONDS, retry=RETRY)) as file:
            content = parquet.ParquetFile(file)
            columns = [name for name in KEYS if name in content.schema_arrow.names]
            for batch in content.iter_batches(columns=columns) if columns else ():
                named = wanted.intersection(batch.column(0).to_pylist())
                if named:
                    found.setdefault(f"gs://{settings.gcs_export_bucket}/{blob.name}", set()).update(named)
    return found


def people_who_left(connection: psycopg.Connection, before: int) -> list[str]:
    """Keys of people whom the deletion ledger named below the transaction `before` and the views do not show."""
    query = (
        "select distinct d.row_key from cvstomize.deletions d where d.table_name = 'people'"
        " and d.row_xid < %s::text::xid8"
        " and not exists (select from export.people p where p.person_key = d.row_key) order by 1"
    )
    return [key for (key,) in connection.execute(query, [str(before)])]


def find_who_left(settings: PipelineSettings) -> tuple[int, Residue]:
    """How many people left before the cut of the raw tables, and where any of them still stands."""
    from pipelines.lib.export.bigquery_jobs import bigquery_client
    from pipelines.lib.export.control import ControlTable
    from pipelines.lib.export.database import connect
    from pipelines.lib.export.warehouse import RawWarehouse

    client = bigquery_client(settings)
    warehouse = RawWarehouse(client, settings)
    watermarks = ControlTable(client, warehouse.jobs, warehouse.raw).read().values()
    with connect(settings.database_url, autocommit=True) as connection:
        keys = people_who_left(connection, min((watermark.xmin for watermark in watermarks), default=0))
        residue = keys_in_postgres(connection, keys)
    return len(keys), residue | keys_in_bigquery(settings, keys) | keys_in_objects(settings, keys)
