"""Follows one tuning run to its end: a deadline of our own, dropped examples read back, the model recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from pipelines.lib.training.run_registry import record_model, record_state
from pipelines.lib.training.vertex_tuning import ENDED, SUCCEEDED, billed_tokens, dropped_examples, state_of

if TYPE_CHECKING:
    from google.genai import Client, types

DEADLINE = timedelta(hours=24)
OVERDUE = "OVERDUE"
DROPPED = "FAILED_EXAMPLES_DROPPED"
LOST = "FAILED_JOB_NOT_FOUND"


def track_run(connection: psycopg.Connection, client: Client, run: dict[str, Any]) -> str:
    """Ask for the run's job once, record what it says, and return the state recorded.

    A service that does not answer changes nothing: the next look asks again. A job past its deadline is cancelled.
    """
    import httpx
    from google.genai.errors import ClientError, ServerError

    try:
        job = client.tunings.get(name=run["job_name"])
    except ClientError as error:
        if error.code != 404:
            return str(run["state"])
        record_state(connection, run["run_hash"], state=LOST, job_name=None, details={}, ended=True)
        return LOST
    except (ServerError, httpx.HTTPError, ValueError):
        return str(run["state"])
    state = state_of(job)
    if state not in ENDED and datetime.now(UTC) - run["created_at"] > DEADLINE:
        client.tunings.cancel(name=run["job_name"])
        record_state(connection, run["run_hash"], state=OVERDUE, job_name=None, details={}, ended=True)
        return OVERDUE
    state, details = verdict(job, state)
    if state == SUCCEEDED and job.tuned_model and job.tuned_model.model:
        record_model(
            connection,
            run_id=run["id"],
            name=job.tuned_model.model,
            endpoint=job.tuned_model.endpoint,
            synthetic=run["synthetic"],
        )
    ended = state in ENDED or state == DROPPED
    record_state(connection, run["run_hash"], state=state, job_name=None, details=details, ended=ended)
    return state


def verdict(job: types.TuningJob, state: str) -> tuple[str, dict[str, Any]]:
    """The state that counts, with its reasons: a success that dropped examples is a failure of ours."""
    details: dict[str, Any] = {}
    if job.error is not None:
        details["error"] = job.error.message
    if state in ENDED:
        details["dropped_examples"] = dropped_examples(job)
        details["billed_tokens"] = billed_tokens(job)
        if state == SUCCEEDED and details["dropped_examples"]:
            return DROPPED, details
    return state, details
