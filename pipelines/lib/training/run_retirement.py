"""Ends tuning runs that learn from a revoked dataset, whatever became of their jobs.

What we remember of a run is not enough: a job may have been created whose answer was lost, a repeat of it cancelled
too late, a cancelled one ended well all the same (Google promises no more than to try). So Vertex is asked for every
job with the run's label, and each model that came out of one is written down, to be retired with the others. A run
is settled when all of them have ended; until then it is looked at again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from pipelines.lib.training.attempts import Note, attempt_is_due, refused_note, used_up
from pipelines.lib.training.lock_names import LAUNCH_LOCK
from pipelines.lib.training.locks import only_here
from pipelines.lib.training.model_lineage import unsettled_runs
from pipelines.lib.training.model_removal import RemovalRefusedError, RemovalUnderWayError
from pipelines.lib.training.run_registry import RecordedRun, record_model, record_state
from pipelines.lib.training.vertex_settings import VertexSettings
from pipelines.lib.training.vertex_states import CANCELLED, ENDED

if TYPE_CHECKING:
    from google.genai import Client, types

NOT_CONFIGURED = "Vertex is not configured: set VERTEX_TUNING_LOCATION"
BUSY = "a tuning run is being launched or followed right now"


@dataclass
class Settling:
    """What one look did: runs of which a job was cancelled, why others are not settled, those past their attempts."""

    cancelled: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    overdue: list[str] = field(default_factory=list)


def check_configured(settings: VertexSettings) -> None:
    """Raise RemovalRefusedError when there is no Vertex to ask."""
    if not settings.is_configured:
        raise RemovalRefusedError(NOT_CONFIGURED)


def run_note(run: RecordedRun) -> Note:
    """What is remembered of the attempts to settle a run."""
    return dict(run.details.get("settling") or {})


def settle_runs(
    connection: psycopg.Connection, settings: VertexSettings, now: datetime, *, at_once: bool = False
) -> Settling:
    """Settle every run whose turn it is. `connection` commits each statement."""
    result = Settling()
    runs = unsettled_runs(connection)
    if not runs:
        return result
    # Whoever launches holds the lock from the look for a job to the create: none comes into being meanwhile.
    with only_here(connection, LAUNCH_LOCK) as alone:
        for run in runs:
            note, name = run_note(run), f"tuning run {run.run_hash[:16]}"
            if not alone:
                result.refused[name] = BUSY
            elif not (at_once or attempt_is_due(note, now)):
                result.refused[name] = str(note.get("error", ""))
            else:
                settle_or_note(connection, settings, run, now, result)
            if name in result.refused and used_up(note):
                result.overdue.append(name)
    return result


def settle_or_note(
    connection: psycopg.Connection, settings: VertexSettings, run: RecordedRun, now: datetime, result: Settling
) -> None:
    """Settle one run, or write down why not."""
    import httpx
    from google.genai.errors import APIError

    from pipelines.lib.training.vertex_tuning import tuning_client

    try:
        check_configured(settings)
        with tuning_client(settings, run.location) as client:
            settle_run(connection, client, run, result)
    except (APIError, httpx.HTTPError, ValueError, RemovalRefusedError) as error:
        reason = str(error)[:300]
        note = refused_note(run_note(run), reason, now, under_way=isinstance(error, RemovalUnderWayError))
        write_details(connection, run, {"settling": note})
        result.refused[f"tuning run {run.run_hash[:16]}"] = reason


def settle_run(connection: psycopg.Connection, client: Client, run: RecordedRun, result: Settling) -> None:
    """Cancel the run's jobs, write down their models, close it. Raises RemovalUnderWayError while one goes on."""
    from pipelines.lib.training.run_tracking import verdict
    from pipelines.lib.training.vertex_tuning import state_of, stopped

    open_jobs: list[str] = []
    details: dict[str, Any] = {}
    state = CANCELLED
    jobs = jobs_of(client, run)
    for found in jobs:
        job, cancelled = stopped(client, found)
        if cancelled and run.run_hash not in result.cancelled:
            result.cancelled.append(run.run_hash)
        if state_of(job) not in ENDED:
            open_jobs.append(job.name or "")
        elif job.tuned_model and job.tuned_model.model:
            model = job.tuned_model
            record_model(
                connection, run_id=run.id, name=str(model.model), endpoint=model.endpoint, synthetic=run.synthetic
            )
        if job.name == run.job_name:
            state, details = verdict(run, job, state_of(job))
    if open_jobs:
        raise RemovalUnderWayError(f"{', '.join(open_jobs)} is asked to stop and has not ended yet")
    if not jobs and not run.may_create(datetime.now(UTC)):
        raise RemovalUnderWayError("a job was asked for, its answer was lost, and it may still turn up")
    settled = {"settled_at": datetime.now(UTC).isoformat(timespec="seconds"), "settling": None}
    if run.finished_at is not None:
        write_details(connection, run, settled)
        return
    settled["cancelled"] = "its dataset is revoked"
    record_state(connection, run.run_hash, state=state, job_name=None, details=details | settled, ended=True)
    if run.run_hash not in result.cancelled:
        result.cancelled.append(run.run_hash)


def jobs_of(client: Client, run: RecordedRun) -> list[types.TuningJob]:
    """Every job with the run's label, and the one whose name was written down."""
    from google.genai.errors import ClientError

    from pipelines.lib.training.vertex_tuning import find_jobs

    jobs = find_jobs(client, run.label)
    if run.job_name and run.job_name not in [job.name for job in jobs]:
        try:
            jobs.append(client.tunings.get(name=run.job_name))
        except ClientError as error:
            if error.code != 404:
                raise
    return jobs


def write_details(connection: psycopg.Connection, run: RecordedRun, details: dict[str, Any]) -> None:
    """Add to what is remembered of a run, whose state stays."""
    connection.execute(
        "update cvstomize.tuning_runs set details = details || %s::jsonb where id = %s", [json.dumps(details), run.id]
    )
