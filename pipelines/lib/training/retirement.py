"""Retires models that learnt from somebody who left, and tells the erasure requests when none is left.

A model leaves service first, in the transaction that revokes its dataset; then Vertex AI is asked to forget it. What
Vertex refuses is written beside the model and tried again after a pause that doubles, up to a bound; past it, or past
the day by which it has to be gone, the run is red until a person looks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from pipelines.lib.training.model_lineage import models_to_mark, open_runs_on_revoked
from pipelines.lib.training.model_removal import RemovalRefusedError, RemovalUnderWayError, remove_model
from pipelines.lib.training.promotion import change, mark_models
from pipelines.lib.training.run_registry import record_state
from pipelines.lib.training.vertex_settings import VertexSettings
from pipelines.lib.training.vertex_states import CANCELLED

MAX_ATTEMPTS = 24
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)
MAX_A_RUN = 50
NOT_CONFIGURED = "Vertex is not configured: set VERTEX_TUNING_LOCATION"


@dataclass
class Retirement:
    """What one run did: names of models gone, why others are not, jobs cancelled, erasure requests closed.

    `overdue` names those that are past their day or their last attempt.
    """

    retired: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    overdue: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    requests_closed: int = 0


def retire_models(
    connection: psycopg.Connection, settings: VertexSettings, *, now: datetime | None = None, at_once: bool = False
) -> Retirement:
    """Retire what is due: mark, cancel jobs that still learn, remove models, close erasure requests.

    `at_once` asks also for models whose next attempt is not due or whose attempts are used up. `connection` commits
    each statement (autocommit), so a run killed anywhere is resumed by the next one.
    """
    moment = now or datetime.now(UTC)
    result = Retirement()
    mark_models(connection)
    cancel_open_runs(connection, settings, result)
    for model in waiting_models(connection):
        if at_once or is_due(model, moment):
            retire_one(connection, settings, model, moment, result)
        else:
            result.refused[model["name"]] = str(model["evaluation"].get("retirement", {}).get("error", ""))
        if model["name"] not in result.retired and is_overdue(model, moment):
            result.overdue.append(model["name"])
    result.requests_closed = close_erasures(connection)
    return result


def retire_one(
    connection: psycopg.Connection, settings: VertexSettings, model: DictRow, now: datetime, result: Retirement
) -> None:
    """Ask Vertex to forget one model, and write down what came of it."""
    name = str(model["name"])
    note: dict[str, Any] = dict(model["evaluation"].get("retirement", {}))
    note["attempts"] = int(note.get("attempts", 0)) + 1
    try:
        check_configured(settings)
        remove_model(
            name,
            model["endpoint"],
            base_url=settings.vertex_base_url,
            keep_other_versions=has_other_versions(connection, name),
        )
    except RemovalRefusedError as error:
        doubled = min(note["attempts"] - 1, MAX_ATTEMPTS)
        pause = FIRST_PAUSE if isinstance(error, RemovalUnderWayError) else min(FIRST_PAUSE * 2**doubled, LONGEST_PAUSE)
        note |= {"error": str(error), "nextAttemptAt": (now + pause).isoformat()}
        result.refused[name] = str(error)
        write_note(connection, model, note)
        return
    note |= {"error": None, "nextAttemptAt": None, "retiredAt": now.isoformat()}
    with connection.transaction():
        write_note(connection, model, note)
        change(connection, model, "retired", Decimal(0))
    result.retired.append(name)


def check_configured(settings: VertexSettings) -> None:
    """Raise RemovalRefusedError when there is no Vertex to ask."""
    if not settings.is_configured:
        raise RemovalRefusedError(NOT_CONFIGURED)


def waiting_models(connection: psycopg.Connection) -> list[DictRow]:
    """Models that must go, the one that waits longest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select id, name, endpoint, status, evaluation from cvstomize.models where status = 'retire_required'"
            " order by updated_at, id limit %s",
            [MAX_A_RUN],
        ).fetchall()


def is_due(model: DictRow, now: datetime) -> bool:
    """Whether the next attempt may start: its pause is over and attempts are left."""
    note = model["evaluation"].get("retirement", {})
    after = note.get("nextAttemptAt")
    return int(note.get("attempts", 0)) < MAX_ATTEMPTS and (after is None or datetime.fromisoformat(after) <= now)


def is_overdue(model: DictRow, now: datetime) -> bool:
    """Whether a person has to look: past its day, or no attempt left."""
    retire_by = model["evaluation"].get("retireBy")
    late = retire_by is not None and date.fromisoformat(retire_by) < now.date()
    return late or int(model["evaluation"].get("retirement", {}).get("attempts", 0)) >= MAX_ATTEMPTS


def is_anything_due(connection: psycopg.Connection, now: datetime) -> bool:
    """Whether a run would have something to do."""
    return bool(
        models_to_mark(connection)
        or open_runs_on_revoked(connection)
        or any(is_due(model, now) for model in waiting_models(connection))
        or closable(connection)
    )


def has_other_versions(connection: psycopg.Connection, name: str) -> bool:
    """Whether another version of the same model may stay."""
    found = connection.execute(
        "select exists (select from cvstomize.models where name <> %s and split_part(name, '@', 1) = %s"
        " and status not in ('retire_required', 'retired'))",
        [name, name.partition("@")[0]],
    ).fetchone()
    return bool(found and found[0])


def write_note(connection: psycopg.Connection, model: DictRow, note: dict[str, Any]) -> None:
    """Keep attempts, the last error and the time of the next attempt beside the model."""
    connection.execute(
        "update cvstomize.models set evaluation = evaluation || %s::jsonb where id = %s",
        [json.dumps({"retirement": note}), model["id"]],
    )


def cancel_open_runs(connection: psycopg.Connection, settings: VertexSettings, result: Retirement) -> None:
    """Cancel tuning jobs that still learn from a revoked dataset; a run that never got a job just ends."""
    runs = open_runs_on_revoked(connection)
    if not runs:
        return
    import httpx
    from google.genai.errors import APIError

    from pipelines.lib.training.vertex_tuning import tuning_client

    for run_hash, job_name in runs:
        try:
            if job_name is not None:
                check_configured(settings)
                with tuning_client(settings) as client:
                    client.tunings.cancel(name=job_name)
        except (APIError, httpx.HTTPError, ValueError, RemovalRefusedError) as error:
            if not (isinstance(error, APIError) and error.code == 404):
                # One that has just ended refuses too: the next look at the runs records its model, which then goes.
                result.refused[f"tuning run {run_hash[:16]}"] = str(error)[:300]
                continue
        details = {"cancelled": "its dataset is revoked"}
        record_state(connection, run_hash, state=CANCELLED, job_name=None, details=details, ended=True)
        result.cancelled.append(run_hash)


CLOSABLE = sql.SQL(
    " where status = 'erased'"
    " and not exists (select from cvstomize.models as model where model.status = 'retire_required')"
)


def closable(connection: psycopg.Connection) -> bool:
    """Whether an erasure request waits for nothing but being told."""
    statement = sql.SQL("select exists (select from cvstomize.erasure_requests") + CLOSABLE + sql.SQL(")")
    found = connection.execute(statement).fetchone()
    return bool(found and found[0])


def close_erasures(connection: psycopg.Connection) -> int:
    """Move erased requests on to `models_retired` when nothing that learnt from a revoked dataset is left, on Vertex
    or in the making; return how many."""
    if models_to_mark(connection) or open_runs_on_revoked(connection):
        return 0
    return connection.execute(
        sql.SQL("update cvstomize.erasure_requests set status = 'models_retired', models_retired_at = now()") + CLOSABLE
    ).rowcount
