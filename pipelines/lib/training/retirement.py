"""Retires models that learnt from somebody who left, and tells the erasure requests when none is left.

A model leaves service first, in the transaction that revokes its dataset; then Vertex AI is asked to forget it. What
Vertex refuses is written beside the model and tried again after a pause that doubles, up to a bound; past it, or past
the day by which it has to be gone, the run is red until a person looks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from pipelines.lib.training.attempts import attempt_is_due, refused_note, used_up
from pipelines.lib.training.model_lineage import models_to_mark, unsettled_runs
from pipelines.lib.training.model_removal import RemovalRefusedError, RemovalUnderWayError, remove_model
from pipelines.lib.training.promotion import change, mark_models
from pipelines.lib.training.run_retirement import check_configured, run_note, settle_runs
from pipelines.lib.training.vertex_settings import VertexSettings

MAX_A_RUN = 50


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
    settled = settle_runs(connection, settings, moment, at_once=at_once)
    result.refused |= settled.refused
    result.overdue += settled.overdue
    result.cancelled += settled.cancelled
    mark_models(connection)  # a model that came out of a run all the same
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
    try:
        check_configured(settings)
        remove_model(
            name,
            model["endpoint"],
            base_url=settings.vertex_base_url,
            keep_other_versions=has_other_versions(connection, name),
        )
    except RemovalRefusedError as error:
        result.refused[name] = str(error)
        under_way = isinstance(error, RemovalUnderWayError)
        write_note(connection, model, refused_note(note, str(error), now, under_way=under_way))
        return
    attempts = int(note.get("attempts", 0)) + 1
    note |= {"attempts": attempts, "error": None, "nextAttemptAt": None, "retiredAt": now.isoformat()}
    with connection.transaction():
        write_note(connection, model, note)
        change(connection, model, "retired", Decimal(0))
    result.retired.append(name)


def waiting_models(connection: psycopg.Connection) -> list[DictRow]:
    """Models that must go, the one that waits longest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select id, name, endpoint, status, evaluation from cvstomize.models where status = 'retire_required'"
            " order by updated_at, id limit %s",
            [MAX_A_RUN],
        ).fetchall()


def is_due(model: DictRow, now: datetime) -> bool:
    """Whether the next attempt for a model may start."""
    return attempt_is_due(model["evaluation"].get("retirement", {}), now)


def is_overdue(model: DictRow, now: datetime) -> bool:
    """Whether a person has to look: past its day, or no attempt left."""
    retire_by = model["evaluation"].get("retireBy")
    late = retire_by is not None and date.fromisoformat(retire_by) < now.date()
    return late or used_up(model["evaluation"].get("retirement", {}))


def is_anything_due(connection: psycopg.Connection, now: datetime) -> bool:
    """Whether a run would have something to do."""
    return bool(
        models_to_mark(connection)
        or any(attempt_is_due(run_note(run), now) for run in unsettled_runs(connection))
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


CLOSABLE = sql.SQL(
    " where status = 'erased'"
    " and not exists (select from cvstomize.models as model where model.status = 'retire_required')"
)


def closable(connection: psycopg.Connection) -> bool:
    """Whether an erasure request waits for nothing but being told: what learnt from a revoked dataset is gone."""
    if models_to_mark(connection) or unsettled_runs(connection):
        return False
    statement = sql.SQL("select exists (select from cvstomize.erasure_requests") + CLOSABLE + sql.SQL(")")
    found = connection.execute(statement).fetchone()
    return bool(found and found[0])


def close_erasures(connection: psycopg.Connection) -> int:
    """Move erased requests on to `models_retired` when nothing that learnt from a revoked dataset is left, on Vertex
    or in the making; return how many."""
    if not closable(connection):
        return 0
    return connection.execute(
        sql.SQL("update cvstomize.erasure_requests set status = 'models_retired', models_retired_at = now()") + CLOSABLE
    ).rowcount
