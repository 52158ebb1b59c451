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
    record_leftover,
    record_model,
    record_state,
)
from pipelines.lib.training.tuning_plan import cost_of_tokens
from pipelines.lib.training.vertex_states import CANCELLED, CANCELLING, ENDED, SUCCEEDED
from pipelines.lib.training.vertex_tuning import (
    LaunchLaterError,
    LaunchRefusedError,
    billed_tokens,
    cancel,
    checkpoints,
    dropped_examples,
    find_jobs,
    find_or_later,
    launch,
    state_of,
    stopped,
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
            left_behind=left_behind(connection, client, run),
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


def left_behind(connection: psycopg.Connection, client: Client, run: RecordedRun) -> frozenset[str]:
    """Names of the jobs that a run had before it was opened again, which are no answer to its new create.

    Written down before that create: nothing that is there by then can come from it. Raises as `find_or_later`.
    """
    if "reopened_at" not in run.details:
        return frozenset()
    if "left_behind" not in run.details:
        found = find_or_later(client, run.plan, nothing_sent=True)
        names = [job.name for job in found if job.name and state_of(job) in ENDED]
        record_state(
            connection, run.run_hash, state=run.state, job_name=None, details={"left_behind": names}, ended=False
        )
        run.details["left_behind"] = names
    return frozenset(run.details["left_behind"])


def track_run(connection: psycopg.Connection, client: Client, run: RecordedRun) -> str:
    """Ask for the run's job once, record what it says, and return the state recorded.

    A run without a job gets it now: its launch was interrupted. A service that does not answer changes nothing: the
    next look asks again. A job past its deadline is cancelled, again with each look until it has ended: one that ends
    well all the same was paid for, and counts.
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
        ended = no_repeat_is_left(connection, client, run)
        record_state(connection, run.run_hash, state=LOST, job_name=None, details={}, ended=ended)
        return LOST
    except (ServerError, httpx.HTTPError, ValueError):
        return run.state
    state = state_of(job)
    if state not in ENDED and overdue:
        if state != CANCELLING and not cancel(client, run.job_name):
            return run.state
        record_state(connection, run.run_hash, state=OVERDUE, job_name=None, details={}, ended=False)
        return OVERDUE
    state, details = verdict(run, job, state)
    if run.state == OVERDUE and state == CANCELLED:
        state = OVERDUE
    ended = state in ENDED or state in (DROPPED, OVERDUE)
    if ended:
        if state == SUCCEEDED:
            write_model(connection, run, job)
        else:
            write_leftover(connection, run, job, f"its tuning run ended as {state}")
        ended = no_repeat_is_left(connection, client, run)
    record_state(connection, run.run_hash, state=state, job_name=None, details=details, ended=ended)
    return state


def write_model(connection: psycopg.Connection, run: RecordedRun, job: types.TuningJob) -> None:
    """The model of a job that ended well, as a candidate."""
    model = job.tuned_model
    if model and model.model:
        record_model(connection, run_id=run.id, name=model.model, endpoint=model.endpoint, synthetic=run.synthetic)


def write_leftover(connection: psycopg.Connection, run: RecordedRun, job: types.TuningJob, reason: str) -> None:
    """A model nobody will use: written down to be retired, or its endpoint would stay and cost unseen."""
    model = job.tuned_model
    if model and model.model:
        record_leftover(
            connection,
            run_id=run.id,
            name=model.model,
            endpoint=model.endpoint,
            synthetic=run.synthetic,
            reason=reason,
        )


def no_repeat_is_left(connection: psycopg.Connection, client: Client, run: RecordedRun) -> bool:
    """Whether every other job with the run's label has ended; one that has not is cancelled, a model that came out of
    one is written down to be retired. Without an answer: not yet."""
    import httpx
    from google.genai.errors import APIError

    all_ended = True
    try:
        for found in find_jobs(client, run.label):
            if found.name == run.job_name or found.name in run.details.get("left_behind", []):
                continue
            job, _ = stopped(client, found)
            all_ended = all_ended and state_of(job) in ENDED
            write_leftover(connection, run, job, "its job was a repeat")
    except (APIError, httpx.HTTPError, ValueError):
        return False
    return all_ended


def launch_interrupted(connection: psycopg.Connection, client: Client, run: RecordedRun, *, overdue: bool) -> str:
    """Finish a launch that died half way, or give it up after the deadline, once it is certain that no job is there."""
    if run_learns_from_revoked(connection, run.id):
        return run.state  # its retirement looks for a job and closes it; none is created any more
    try:
        if overdue and not any(
            job.name not in left_behind(connection, client, run) for job in find_or_later(client, run.plan)
        ):
            record_state(connection, run.run_hash, state=ABANDONED, job_name=None, details={}, ended=True)
            return ABANDONED
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
