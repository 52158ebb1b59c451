"""Brings one tuning run to its end: a job where there is none yet, a deadline, dropped examples, the model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from pipelines.lib.training.model_lineage import run_learns_from_revoked
from pipelines.lib.training.run_registry import (
    PLANNED,
    REFUSED,
    RecordedRun,
    mark_creating,
    record_model,
    record_state,
)
from pipelines.lib.training.tuning_plan import cost_of_tokens
from pipelines.lib.training.vertex_states import ENDED, SUCCEEDED
from pipelines.lib.training.vertex_tuning import (
    LaunchLaterError,
    LaunchRefusedError,
    billed_tokens,
    cancel,
    checkpoints,
    dropped_examples,
    launch,
    state_of,
)

if TYPE_CHECKING:
    from google.genai import Client, types

DEADLINE = timedelta(hours=24)
OVERDUE = "OVERDUE"
DROPPED = "FAILED_EXAMPLES_DROPPED"
LOST = "FAILED_JOB_NOT_FOUND"
ABANDONED = "FAILED_NOT_LAUNCHED"


def launch_run(connection: psycopg.Connection, client: Client, run: RecordedRun) -> str:
    """The job of a recorded run, found or created, written down; returns its state.

    Raises LaunchLaterError, or LaunchRefusedError once that is recorded.
    """
    try:
        job = launch(
            client,
            run.plan,
            run.train_uri,
            run.validation_uri,
            may_create=run.may_create(datetime.now(UTC)),
            before_create=lambda: mark_creating(connection, run.run_hash),
        )
    except LaunchLaterError as error:
        if error.not_created:
            not_sent = {"create_sent_at": None}
            record_state(connection, run.run_hash, state=PLANNED, job_name=None, details=not_sent, ended=False)
        raise
    except LaunchRefusedError as error:
        record_state(connection, run.run_hash, state=REFUSED, job_name=None, details={"error": str(error)}, ended=True)
        raise
    state, details = verdict(run, job, state_of(job))
    # A job that has ended already is read once more by `track_run`, which also records its model.
    record_state(connection, run.run_hash, state=state, job_name=job.name, details=details, ended=False)
    return state


def track_run(connection: psycopg.Connection, client: Client, run: RecordedRun) -> str:
    """Ask for the run's job once, record what it says, and return the state recorded.

    A run without a job gets it now: its launch was interrupted. A service that does not answer changes nothing: the
    next look asks again. A job past its deadline is cancelled, again with each look until Vertex has heard it.
    """
    import httpx
    from google.genai.errors import ClientError, ServerError

    overdue = datetime.now(UTC) - run.created_at > DEADLINE
    if run.job_name is None:
        return launch_interrupted(connection, client, run, overdue=overdue)
    try:
        job = client.tunings.get(name=run.job_name)
    except ClientError as error:
        if error.code != 404:
            return run.state
        record_state(connection, run.run_hash, state=LOST, job_name=None, details={}, ended=True)
        return LOST
    except (ServerError, httpx.HTTPError, ValueError):
        return run.state
    state = state_of(job)
    if state not in ENDED and overdue:
        if not cancel(client, run.job_name):
            return run.state
        record_state(connection, run.run_hash, state=OVERDUE, job_name=None, details={}, ended=True)
        return OVERDUE
    state, details = verdict(run, job, state)
    if state == SUCCEEDED and job.tuned_model and job.tuned_model.model:
        record_model(
            connection,
            run_id=run.id,
            name=job.tuned_model.model,
            endpoint=job.tuned_model.endpoint,
            synthetic=run.synthetic,
        )
    ended = state in ENDED or state == DROPPED
    record_state(connection, run.run_hash, state=state, job_name=None, details=details, ended=ended)
    return state


def launch_interrupted(connection: psycopg.Connection, client: Client, run: RecordedRun, *, overdue: bool) -> str:
    """Finish a launch that died half way, or give it up after the deadline."""
    if run_learns_from_revoked(connection, run.id):
        return run.state  # its retirement looks for a job and closes it; none is created any more
    if overdue:
        record_state(connection, run.run_hash, state=ABANDONED, job_name=None, details={}, ended=True)
        return ABANDONED
    try:
        return launch_run(connection, client, run)
    except LaunchLaterError:
        return run.state
    except LaunchRefusedError:
        return REFUSED


def verdict(run: RecordedRun, job: types.TuningJob, state: str) -> tuple[str, dict[str, Any]]:
    """The state that counts, with its reasons: a success that dropped examples is a failure of ours."""
    details: dict[str, Any] = {}
    if job.error is not None:
        details["error"] = job.error.message
    if state in ENDED:
        details["dropped_examples"] = dropped_examples(job)
        details |= reconciled(run, billed_tokens(job))
        if points := checkpoints(job):
            details["checkpoints"] = points
        if state == SUCCEEDED and details["dropped_examples"]:
            return DROPPED, details
    return state, details


def reconciled(run: RecordedRun, billed: int | None) -> dict[str, Any]:
    """What Vertex bills beside what was estimated. The estimate is a ceiling: a bill above it is a mismatch."""
    if billed is None:
        return {"billed_tokens": None}
    estimated = run.details.get("estimated_tokens")
    return {
        "billed_tokens": billed,
        "billed_cost_usd": float(cost_of_tokens(run.base_model, billed)),
        "billed_over_estimate": None if estimated is None else billed > int(estimated),
    }
