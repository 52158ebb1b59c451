"""The last step of an erasure: looking for the person in everything the pipelines hold.

The nightly run rebuilds raw, core and marts and revokes datasets; this only looks, as the pipeline role, and moves a
request on to `erased` when nothing names the person any more, and to `models_retired` when no model waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from pipelines.lib.export.bigquery_jobs import CALL_SECONDS, JobRunner, bigquery_client, call_retry
from pipelines.settings import PipelineSettings

SCHEMAS = ("staging", "core", "marts")
LAYERS = ("staging", "core", "marts")
KEY = "person_key"
STATEMENT_TIMEOUT = "60s"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose copies are still to be looked for."""

    id: Any
    person_key: str


def verify_copies(settings: PipelineSettings) -> dict[str, list[str]]:
    """Look for everybody whose operational data is gone; return, by request, where they were still found.

    Raises psycopg.Error or google.api_core.exceptions.GoogleAPIError when a store cannot be asked; no request is then
    called erased on a guess.
    """
    found: dict[str, list[str]] = {}
    with psycopg.connect(settings.database_url, connect_timeout=5, autocommit=True) as connection:
        connection.execute(sql.SQL("set statement_timeout = {}").format(sql.Literal(STATEMENT_TIMEOUT)))
        rows = connection.execute(
            "select id, person_key from cvstomize.erasure_requests where status = 'operational_erased'"
        ).fetchall()
        waiting = [Waiting(*row) for row in rows]
        places = postgres_residue(connection, waiting)
        for table, keys in bigquery_residue(settings, waiting).items():
            places.setdefault(table, set()).update(keys)
        for request in waiting:
            left = sorted(place for place, keys in places.items() if request.person_key in keys)
            if left:
                found[str(request.id)] = left
                continue
            connection.execute(
                "update cvstomize.erasure_requests set status = 'erased', erased_at = now(),"
                " progress = progress || jsonb_build_object('copies', now()::text)"
                " where id = %s and status = 'operational_erased'",
                [request.id],
            )
        retire(connection)
    return found


def retire(connection: psycopg.Connection) -> None:
    """Close erased requests when no model that learned from a revoked dataset is left in service."""
    connection.execute(
        "update cvstomize.erasure_requests set status = 'models_retired', models_retired_at = now()"
        " where status = 'erased' and not exists (select from cvstomize.models where status = 'retire_required')"
    )


def postgres_residue(connection: psycopg.Connection, waiting: list[Waiting]) -> dict[str, set[str]]:
    """Which keys still stand in which table of the pipelines' schemas, in any column."""
    keys = [request.person_key for request in waiting]
    tables = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2", [list(SCHEMAS)]
    ).fetchall()
    found: dict[str, set[str]] = {}
    if not keys:
        return found
    for schema, table in tables:
        statement = sql.SQL(
            "select distinct wanted.key from unnest(%s::text[]) as wanted (key)"
            " join {} as rows on strpos(rows::text, wanted.key) > 0"
        ).format(sql.Identifier(schema, table))
        named = {str(row[0]) for row in connection.execute(statement, [keys])}
        if named:
            found[f"{schema}.{table}"] = named
    return found


def bigquery_residue(settings: PipelineSettings, waiting: list[Waiting]) -> dict[str, set[str]]:
    """Which keys still stand in which table of the warehouse. Tables without the pseudonym hold no person."""
    from google.api_core.exceptions import NotFound
    from google.cloud import bigquery

    keys = [request.person_key for request in waiting]
    found: dict[str, set[str]] = {}
    if not keys:
        return found
    client = bigquery_client(settings)
    runner = JobRunner(client)
    datasets = [settings.raw_dataset, settings.load_dataset, *(settings.warehouse_dataset(layer) for layer in LAYERS)]
    for dataset in datasets:
        try:
            listed = list(client.list_tables(dataset, timeout=CALL_SECONDS, retry=call_retry()))
        except NotFound:
            continue
        for item in listed:
            table = client.get_table(item.reference, timeout=CALL_SECONDS, retry=call_retry())
            if table.table_type != "TABLE" or KEY not in {field.name for field in table.schema}:
                continue
            name = f"{table.project}.{table.dataset_id}.{table.table_id}"
            rows = runner.rows(
                f"select distinct {KEY} from `{name}` where {KEY} in unnest(@keys)",  # noqa: S608 - names from the catalogue
                [bigquery.ArrayQueryParameter("keys", "STRING", keys)],
            )
            if rows:
                found[f"bigquery {table.dataset_id}.{table.table_id}"] = {str(row[0]) for row in rows}
    return found
