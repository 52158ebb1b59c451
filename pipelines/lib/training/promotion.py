"""Which tuned model writes: promoting one, as an arm or for everybody, and taking it back. I/O on Postgres only.

The API reads the rows with every request, so each change here counts from the next resume on. One change at a time: a
lock keeps two engineers from promoting past each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from api.generation.rules.model_draw import MOST_FOR_ARMS
from pipelines.lib.evaluation.verdict import promotion_problem
from pipelines.lib.training.errors import TrainingError
from pipelines.lib.training.model_lineage import RETIRE_DAYS, has_revoked_dataset, models_to_mark

SMALLEST_SHARE = Decimal("0.001")
"""What the column `share` can hold."""
PROMOTABLE_FROM = ("candidate", "arm", "rolled_back", "promoted")
LOCK_TIMEOUT = "3s"
MAX_LISTED = 10_000
COLUMNS = (
    "select model.id, model.name, model.endpoint, model.status, model.share, model.synthetic, model.evaluation,"
    " model.updated_at, run.base_model, run.method, run.run_hash"
    " from cvstomize.models as model left join cvstomize.tuning_runs as run on run.id = model.tuning_run_id"
)


class PromotionRefusedError(TrainingError):
    """The model may not be promoted or taken back now. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a promotion did. `share` is 1 for everybody; `replaced` is the model that was promoted before."""

    name: str
    status: str
    share: Decimal
    replaced: str | None


def list_models(connection: psycopg.Connection) -> list[DictRow]:
    """The models, newest change first, at most 10,000. Keys: id, name, endpoint, status, share, synthetic, evaluation,
    updated_at, base_model, method, run_hash."""
    with connection.cursor(row_factory=dict_row) as cursor:
        statement = COLUMNS + " order by model.updated_at desc, model.id desc limit %s"
        return cursor.execute(statement, [MAX_LISTED]).fetchall()


def promote(connection: psycopg.Connection, name: str, *, share: Decimal, environment: str) -> Promotion:
    """Let the model write: for `share` of all new draws as an arm (below 1), or for everybody (1).

    `name` is the model's name or endpoint, or the end of one of them. Raises PromotionRefusedError.
    """
    if not (SMALLEST_SHARE <= share <= 1) or share != share.quantize(SMALLEST_SHARE):
        raise PromotionRefusedError(f"the share is {share}: give 0.001 to 1 in steps of 0.001, for example 0.2")
    with changing_models(connection):
        models = list_models(connection)
        model = chosen(models, name)
        problem = refusal(connection, model, models, environment=environment)
        if problem:
            raise PromotionRefusedError(f"{model['name']}: {problem}")
        if share < 1:
            others = sum((row["share"] for row in arms(models) if row["id"] != model["id"]), Decimal(0))
            if others + share > MOST_FOR_ARMS:
                raise PromotionRefusedError(
                    f"the arms would have {others + share} of all draws, at most {MOST_FOR_ARMS} may: give this one"
                    f" {MOST_FOR_ARMS - others} at most, roll another back, or promote it with share 1"
                )
            if model["status"] == "promoted":
                raise PromotionRefusedError(f"{model['name']} writes for everybody: roll it back first")
            change(connection, model, "arm", share)
            return Promotion(model["name"], "arm", share, None)
        before = promoted(models)
        replaced = before["name"] if before is not None and before["id"] != model["id"] else None
        if before is not None and replaced is not None:
            change(connection, before, "candidate", Decimal(0))
        if before is None or replaced is not None:
            change(connection, model, "promoted", Decimal(1), replaced=replaced)
        return Promotion(model["name"], "promoted", Decimal(1), replaced)


def rollback(connection: psycopg.Connection, *, environment: str, name: str | None = None) -> str:
    """Take back the newest change, or the model `name`; return the name of the model taken back.

    An arm just ends. A promoted model gives its place to the one it replaced, or to an earlier one when that may not
    write any more, or to the base model. Raises PromotionRefusedError when nothing is in service.
    """
    with changing_models(connection):
        models = list_models(connection)
        newest = list(in_service(models))[:1]
        model = chosen(models, name) if name else (newest[0] if newest else None)
        if model is None:
            raise PromotionRefusedError("no tuned model is in service: there is nothing to roll back")
        if model["status"] not in ("arm", "promoted"):
            raise PromotionRefusedError(f"{model['name']} is {model['status']}, not in service: nothing was changed")
        take_out(connection, model, models, status="rolled_back", environment=environment)
        return str(model["name"])


def take_out(
    connection: psycopg.Connection, model: DictRow, models: Sequence[DictRow], *, status: str, environment: str | None
) -> None:
    """Set `status` on a model; when it was the promoted one, its predecessor takes its place in the same transaction.

    `environment` None: what may be promoted is decided by who wrote before, not by where this runs.
    """
    change(connection, model, status, Decimal(0))
    if model["status"] != "promoted":
        return
    before = predecessor(connection, model, models, environment=environment)
    if before is not None:
        earlier = before["evaluation"].get("promotion", {}).get("replaced")
        change(connection, before, "promoted", Decimal(1), replaced=earlier)


def predecessor(
    connection: psycopg.Connection, model: DictRow, models: Sequence[DictRow], *, environment: str | None
) -> DictRow | None:
    """The model that this one replaced, or the one before that, and so on, if it may still write. None: the base."""
    by_name = {row["name"]: row for row in models}
    seen = {model["name"]}
    replaced = model["evaluation"].get("promotion", {}).get("replaced")
    while replaced is not None and replaced not in seen and replaced in by_name:
        found = by_name[replaced]
        seen.add(replaced)
        local = environment is None or environment == "local"
        usable = found["endpoint"] and (local or not found["synthetic"])
        if found["status"] == "candidate" and usable and not has_revoked_dataset(connection, found["id"]):
            return found
        replaced = found["evaluation"].get("promotion", {}).get("replaced")
    return None


def refusal(
    connection: psycopg.Connection, model: DictRow, models: Sequence[DictRow], *, environment: str
) -> str | None:
    """Why this model may not be promoted, or None."""
    if model["status"] not in PROMOTABLE_FROM:
        why = model["evaluation"].get("retireReason", "it learnt from somebody who left")
        return f"the model is {model['status']}: {why}, tune a new one"
    if has_revoked_dataset(connection, model["id"]):
        return "a dataset in its lineage is revoked: materialise supervised_dataset, then tune a new one"
    if not model["endpoint"]:
        return "the model has no endpoint: deploy it, or tune again"
    problem = promotion_problem(model["evaluation"], synthetic=model["synthetic"], environment=environment)
    if problem:
        return problem
    current, opponent = promoted(models), model["evaluation"].get("opponent")
    if current is not None and current["id"] != model["id"] and opponent and opponent != current["endpoint"]:
        return f"it was compared with {opponent}, and {current['endpoint']} writes now: evaluate it again"
    return None


def chosen(models: Sequence[DictRow], name: str) -> DictRow:
    """The one model that `name` stands for. Raises PromotionRefusedError when there is none, or several."""
    exact = [row for row in models if name in (row["name"], row["endpoint"])]
    found = exact or [row for row in models if ends_with(row, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise PromotionRefusedError(f"{name!r} fits {len(found)} models: give the whole name")
    raise PromotionRefusedError(f"there is no model {name!r}: see `cvstomize model list`")


def ends_with(row: DictRow, name: str) -> bool:
    """Whether `name` is the last part of the model's name, with or without its version, or of its endpoint."""
    parts = (row["name"].partition("@")[0], row["name"], row["endpoint"] or "")
    return bool(name) and any(part.endswith(f"/{name}") for part in parts)


def promoted(models: Sequence[DictRow]) -> DictRow | None:
    """The model that writes for everybody no arm is drawn for."""
    return next((row for row in models if row["status"] == "promoted"), None)


def arms(models: Sequence[DictRow]) -> Iterator[DictRow]:
    """The models on trial."""
    return (row for row in models if row["status"] == "arm")


def in_service(models: Sequence[DictRow]) -> Iterator[DictRow]:
    """The models that write, the newest change first."""
    return (row for row in models if row["status"] in ("arm", "promoted"))


def change(connection: psycopg.Connection, model: DictRow, status: str, share: Decimal, **promotion: Any) -> None:
    """Write a model's status and share; `promotion` replaces what is kept beside its evaluation."""
    connection.execute(
        "update cvstomize.models set status = %s, share = %s, updated_at = clock_timestamp(),"
        " evaluation = evaluation || %s::jsonb where id = %s",
        [status, share, json.dumps({"promotion": promotion} if promotion else {}), model["id"]],
    )


@contextmanager
def changing_models(connection: psycopg.Connection) -> Iterator[None]:
    """One transaction that nobody else changes models in. Raises PromotionRefusedError when another one is at it."""
    with connection.transaction():
        connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            connection.execute("lock table cvstomize.models in share row exclusive mode")
        except psycopg.errors.LockNotAvailable:
            raise PromotionRefusedError("somebody else is changing the models right now: try again") from None
        yield


def mark_models(connection: psycopg.Connection) -> list[str]:
    """Take every model with a revoked dataset in its lineage out of service, with the day by which it must be gone.

    A promoted one gives its place to the model before it, else to the base model, in the same transaction. Returns
    their names; safe to repeat.
    """
    marked = []
    with changing_models(connection):
        for model_id in models_to_mark(connection):
            models = list_models(connection)
            model = next(row for row in models if row["id"] == model_id)
            take_out(connection, model, models, status="retire_required", environment=None)
            connection.execute(
                "update cvstomize.models set evaluation = evaluation"
                " || jsonb_build_object('retireBy', (now() at time zone 'UTC')::date + %s) where id = %s",
                [RETIRE_DAYS, model_id],
            )
            marked.append(str(model["name"]))
    return marked
