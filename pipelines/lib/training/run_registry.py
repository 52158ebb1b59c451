"""What the pipelines remember of tuning runs and of the models they made. I/O on Postgres only.

A run is written down before Vertex is asked, and once more right before a job is created. Whatever is killed in between
is found again from here and brought to its end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from api.db.base import new_id
from pipelines.lib.training.tuning_plan import LABEL_DIGITS, TuningPlan
from pipelines.lib.training.vertex_states import SUCCEEDED

if TYPE_CHECKING:
    from pipelines.lib.training.registry import RecordedDataset

PLANNED = "PLANNED"
"""Our own first state: checked and within budget, no job asked for yet."""
CREATING = "CREATING"
"""A create was sent. Until it settles, a job is only looked for: the answer may have been lost on its way."""
REFUSED = "FAILED_REFUSED"
CREATE_SETTLES = timedelta(minutes=10)
LEFTOVER_DAYS = 2
"""By when a model that nobody will use must be gone; past it the retirement is red."""
RUN_COLUMNS = (
    "run.id, run.run_hash, run.job_name, run.state, run.synthetic, run.created_at, run.base_model, run.method,"
    " run.parameters, run.location, run.details, run.finished_at, dataset.manifest_sha256,"
    " (select uri from cvstomize.dataset_files as file where file.dataset_id = dataset.id and name = 'train.jsonl')"
    " as train_uri,"
    " (select uri from cvstomize.dataset_files as file where file.dataset_id = dataset.id"
    " and name = 'validation.jsonl') as validation_uri"
)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A tuning run as recorded, with the files it is tuned on."""

    id: str
    run_hash: str
    job_name: str | None
    state: str
    synthetic: bool
    created_at: datetime
    base_model: str
    method: str
    parameters: dict[str, Any]
    location: str
    details: dict[str, Any]
    finished_at: datetime | None
    manifest_sha256: str
    train_uri: str
    validation_uri: str | None

    @property
    def label(self) -> str:
        """What its jobs are labelled with."""
        return self.run_hash[:LABEL_DIGITS]

    @property
    def plan(self) -> TuningPlan:
        """The plan that was recorded."""
        return TuningPlan(
            self.manifest_sha256,
            self.base_model,
            self.method,
            self.location,
            self.parameters,
            self.details.get("parent_checkpoint"),
        )

    def may_create(self, now: datetime) -> bool:
        """Whether a job may be created when none is found: not while an earlier create may still turn up."""
        sent = self.details.get("create_sent_at")
        return sent is None or now - datetime.fromisoformat(sent) > CREATE_SETTLES


def record_plan(
    connection: psycopg.Connection,
    plan: TuningPlan,
    dataset: RecordedDataset,
    *,
    synthetic: bool,
    details: dict[str, Any],
) -> RecordedRun:
    """The plan's run: recorded now, or as it was.

    Open again is one that Vertex refused, and one whose work is gone because its dataset was revoked: stopped, or its
    model marked to go. Whoever asks has an uploaded dataset, so everybody in it has consented again.
    """
    connection.execute(
        "insert into cvstomize.tuning_runs as run"  # noqa: S608 - a condition of our own
        " (id, run_hash, dataset_id, base_model, method, parameters, location, state, synthetic, details)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (run_hash) do update set state = excluded.state, finished_at = null, created_at = now(),"
        " location = excluded.location, job_name = null, details = excluded.details"
        " || case when run.state = %s then '{}'::jsonb else jsonb_build_object('reopened_at', now()) end"
        " where " + REOPENED,
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
            json.dumps({"parent_checkpoint": plan.parent_checkpoint} | details),
            REFUSED,
            REFUSED,
            SUCCEEDED,
        ],
    )
    [run] = select_runs(connection, "run.run_hash = %s", [plan.run_hash])
    return run


REOPENED = (
    "run.state = %s or (run.finished_at is not null and (run.details ? 'settling' or run.state = %s"
    " and exists (select from cvstomize.models as model where model.tuning_run_id = run.id)"
    " and not exists (select from cvstomize.models as model where model.tuning_run_id = run.id"
    " and model.status not in ('retire_required', 'retired'))))"
)
"""Which finished runs a new wish opens again. `settling` stands in a run that a revocation stopped."""


def mark_creating(connection: psycopg.Connection, run_hash: str) -> None:
    """Write down that a create is about to be sent."""
    sent = datetime.now(UTC).isoformat(timespec="seconds")
    record_state(connection, run_hash, state=CREATING, job_name=None, details={"create_sent_at": sent}, ended=False)


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


def open_runs(connection: psycopg.Connection) -> list[RecordedRun]:
    """Runs that have not ended, oldest first, those without a job included."""
    return select_runs(connection, "run.finished_at is null", [])


def select_runs(connection: psycopg.Connection, condition: str, values: list[Any]) -> list[RecordedRun]:
    """Runs that meet a condition of ours, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"select {RUN_COLUMNS} from cvstomize.tuning_runs as run"  # noqa: S608 - conditions of our own
            " join cvstomize.datasets as dataset on dataset.id = run.dataset_id"
            f" where {condition} order by run.created_at, run.id limit 1000".encode(),
            values,
        ).fetchall()
    return [RecordedRun(**row | {"id": str(row["id"])}) for row in rows]


def record_model(
    connection: psycopg.Connection, *, run_id: str, name: str, endpoint: str | None, synthetic: bool
) -> None:
    """A tuned model as a candidate; known ones stay as they are."""
    connection.execute(
        "insert into cvstomize.models (id, name, endpoint, tuning_run_id, status, synthetic)"
        " values (%s, %s, %s, %s, 'candidate', %s) on conflict (name) do nothing",
        [new_id(), name, endpoint, run_id, synthetic],
    )


def record_leftover(
    connection: psycopg.Connection, *, run_id: str, name: str, endpoint: str | None, synthetic: bool, reason: str
) -> None:
    """A tuned model nobody will use, to be retired by the job that retires models; known ones stay as they are."""
    connection.execute(
        "insert into cvstomize.models (id, name, endpoint, tuning_run_id, status, synthetic, evaluation)"
        " values (%s, %s, %s, %s, 'retire_required', %s, jsonb_build_object('retireReason', %s::text,"
        " 'retireBy', (now() at time zone 'UTC')::date + %s)) on conflict (name) do nothing",
        [new_id(), name, endpoint, run_id, synthetic, reason, LEFTOVER_DAYS],
    )


def parent_checkpoint(connection: psycopg.Connection, base_model: str, model_name: str) -> str | None:
    """`model#checkpoint` to tune on from: the named supervised model, or the newest; None when there is none.

    A model that has to be retired is nobody's parent.
    """
    row = connection.execute(
        "select model.name, run.details -> 'checkpoints' -> -1 ->> 'id' from cvstomize.models as model"
        " join cvstomize.tuning_runs as run on run.id = model.tuning_run_id"
        " where run.method = 'supervised' and run.base_model = %s and run.state = %s and run.details ? 'checkpoints'"
        " and model.status not in ('retire_required', 'retired') and (%s = '' or model.name = %s)"
        " order by model.created_at desc, model.id desc limit 1",
        [base_model, SUCCEEDED, model_name, model_name],
    ).fetchone()
    return f"{row[0]}#{row[1] or ''}" if row else None
