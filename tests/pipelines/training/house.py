"""A house for the training assets: rows in Postgres, files in Cloud Storage, the Vertex stand-in beside."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.datasets import (
    files_match_manifest,
    preference_dataset,
    preference_files_match_manifest,
    supervised_dataset,
    training_rows,
)
from pipelines.defs.training.evaluation import model_evaluation
from pipelines.defs.training.runs import tuned_model, tuning_run
from pipelines.resources import RunMoment
from tests.pipelines.training.synthetic import AS_OF, CONSENT
from tests.support.databases import Database
from tests.support.shared_stack import SharedStack

PEOPLE = 160
ASSETS = [
    training_rows,
    supervised_dataset,
    preference_dataset,
    tuning_run,
    tuned_model,
    model_evaluation,
    files_match_manifest,
    preference_files_match_manifest,
]
TYPES = {"created_at": "timestamptz", "training_eligible": "boolean"}


def sql_type(column: str) -> str:
    return TYPES.get(column, "bigint" if column.endswith("_day") else "text")


@contextmanager
def open_house(
    database: Database,
    storage_stack: SharedStack,
    rows: list[dict[str, Any]],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[VertexStandIn]:
    """Settings, consents and the two tables that dbt would have built; the stand-in runs beside."""
    environment = storage_stack.environment()
    with VertexStandIn(folder, storage_host=environment["STORAGE_EMULATOR_HOST"]) as vertex:
        for name, value in (environment | database.urls).items():
            monkeypatch.setenv(name, value)
        for name, value in {
            "WAREHOUSE": "postgres",
            "ENVIRONMENT": "local",
            "GCS_EXPORT_BUCKET": "exports",
            "BIGQUERY_DATASET": "cvstomize",
            "VERTEX_BASE_URL": vertex.base_url,
        }.items():
            monkeypatch.setenv(name, environment.get(name, value))
        with database.connect() as connection:
            for table in ("users", "models", "tuning_runs", "datasets"):
                connection.execute(f"delete from cvstomize.{table}".encode())
            connection.execute("drop table if exists core.dataset_lineage")
            register(connection, rows)
        with database.connect("PIPELINE_DATABASE_URL") as connection:
            fill(connection, rows)
        yield vertex


def register(connection: psycopg.Connection, rows: list[dict[str, Any]]) -> None:
    """People with both consents, so that `export.people` shows them."""
    for person in dict.fromkeys(row["person_key"] for row in rows):
        user = uuid.uuid5(uuid.NAMESPACE_URL, person)
        connection.execute(
            "insert into cvstomize.users (id, person_key, email, auth_subject) values (%s, %s, %s, %s)",
            [user, person, f"{person}@example.com", person],
        )
        for purpose in ("outcome_research", "training"):
            decide(connection, person, purpose, granted=True)


def decide(connection: psycopg.Connection, person_key: str, purpose: str, *, granted: bool) -> None:
    """One decision of a person about one purpose, later than all before."""
    connection.execute(
        "insert into cvstomize.consents (id, user_id, purpose, granted, policy_version, text_sha256, recorded_at)"
        " values (%s, %s, %s, %s, %s, 'x', clock_timestamp())",
        [uuid.uuid4(), uuid.uuid5(uuid.NAMESPACE_URL, person_key), purpose, granted, CONSENT],
    )


def fill(connection: psycopg.Connection, rows: list[dict[str, Any]]) -> None:
    """The tables as dbt leaves them."""
    columns = list(rows[0])
    connection.execute("drop table if exists core.training_examples, marts.time_to_interview")
    connection.execute(
        f"create table core.training_examples ({', '.join(f'{name} {sql_type(name)}' for name in columns)})".encode()
    )
    connection.execute("create table marts.time_to_interview as select timestamptz '2026-11-30T03:00Z' as source_cut")
    values = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into core.training_examples values ({values})".encode(), [list(row.values()) for row in rows]
        )


def run(*keys: dg.AssetKey, config: dict[str, Any] | None = None, raises: bool = True) -> dg.ExecuteInProcessResult:
    """Materialise some of the assets in this process."""
    return dg.materialize(
        ASSETS,
        selection=dg.AssetSelection.assets(*keys),
        resources={"moment": RunMoment(as_of=AS_OF.isoformat())},
        run_config={"ops": {name: {"config": values} for name, values in (config or {}).items()}},
        raise_on_error=raises,
    )


def metadata(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict[str, Any]:
    [event] = [event for event in result.get_asset_materialization_events() if event.asset_key == key]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def failure(result: dg.ExecuteInProcessResult) -> str:
    [event] = [event for event in result.all_events if event.is_step_failure]
    return str(event.step_failure_data.error)
