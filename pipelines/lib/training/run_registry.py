"""What the pipelines remember of tuning runs and of the models they made. I/O on Postgres only."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.rows import dict_row

from api.db.base import new_id
from pipelines.lib.training.registry import RecordedDataset
from pipelines.lib.training.tuning_plan import TuningPlan

PLANNED = "PLANNED"
"""Our own first state: recorded before Vertex is asked, so that a run killed in between is found again."""


def record_plan(connection: psycopg.Connection, plan: TuningPlan, dataset: RecordedDataset, *, synthetic: bool) -> str:
    """The state of the plan's run: recorded now, or as it was."""
    row = connection.execute(
        "insert into cvstomize.tuning_runs"
        " (id, run_hash, dataset_id, base_model, method, parameters, location, state, synthetic, details)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (run_hash) do update set run_hash = excluded.run_hash returning state",
        [
            new_id(),
            plan.run_hash,
            dataset.id,
            plan.base_model,
            plan.method,
            json.dumps(dict(plan.parameters)),
            plan.location,
            PLANNED,
            synthetic,
            json.dumps({"parent_checkpoint": plan.parent_checkpoint}),
        ],
    ).fetchone()
    assert row is not None
    return str(row[0])


def record_state(
    connection: psycopg.Connection,
    run_hash: str,
    *,
    state: str,
    job_name: str | None,
    details: dict[str, Any],
    ended: bool,
) -> None:
    """Write what Vertex says. `details` are added to those that are there."""
    connection.execute(
        "update cvstomize.tuning_runs set state = %s, job_name = coalesce(%s, job_name), "
        " details = details || %s::jsonb,"
        " finished_at = case when %s then coalesce(finished_at, now()) end where run_hash = %s",
        [state, job_name, json.dumps(details), ended, run_hash],
    )


def open_runs(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Runs that have a job and have not ended, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select id, run_hash, job_name, state, synthetic, created_at, base_model, method, details"
            " from cvstomize.tuning_runs where finished_at is null and job_name is not null order by created_at, id"
        ).fetchall()


def record_model(
    connection: psycopg.Connection, *, run_id: str, name: str, endpoint: str | None, synthetic: bool
) -> None:
    """A tuned model as a candidate; known ones stay as they are."""
    connection.execute(
        "insert into cvstomize.models (id, name, endpoint, tuning_run_id, status, synthetic)"
        " values (%s, %s, %s, %s, 'candidate', %s) on conflict (name) do nothing",
        [new_id(), name, endpoint, run_id, synthetic],
    )
