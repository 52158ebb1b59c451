"""Jobs `promote_model`, `list_models` and `rollback_model`: the commands of the same names, from the Dagster UI."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.settings import load_settings


class PromoteConfig(dg.Config):
    """Which model, for how many."""

    model: str = Field(description="Name of the model, or the digits at its end.")
    share: float = Field(default=0.2, gt=0, le=1, description="Share of new draws; 1: for everybody.")


class RollbackConfig(dg.Config):
    """Which model."""

    model: str = Field(default="", description="Name of the model, or the digits at its end; empty: the newest change.")


@dg.op(description="Let an evaluated model write for a share of new draws, or for everybody.")
def promote_one(context: dg.OpExecutionContext, config: PromoteConfig) -> None:
    from pipelines.lib.training.promotion import PromotionRefusedError, promote

    with database() as (db, environment):
        try:
            done = promote(db, config.model, share=Decimal(str(config.share)), environment=environment)
        except PromotionRefusedError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info("%s is %s with share %s", done.name, done.status, done.share)
        context.add_output_metadata({"replaced": done.replaced or "nobody", "models": model_table(db)})


@dg.op(description="Take the newest promotion back, or that of the named model.")
def roll_back_one(context: dg.OpExecutionContext, config: RollbackConfig) -> None:
    from pipelines.lib.training.promotion import PromotionRefusedError, rollback

    with database() as (db, environment):
        try:
            name = rollback(db, environment=environment, name=config.model or None)
        except PromotionRefusedError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info("%s is rolled back", name)
        context.add_output_metadata({"rolled_back": name, "models": model_table(db)})


@dg.op(description="Show every model: its state, its share, and what its evaluation said.")
def show_models(context: dg.OpExecutionContext) -> None:
    with database() as (db, _):
        context.add_output_metadata({"models": model_table(db)})


@dg.job(
    name="promote_model",
    description="Promotes an evaluated model; refuses one that its evaluation refused.",
    executor_def=dg.in_process_executor,
    config={"ops": {"promote_one": {"config": {"model": "name of the model", "share": 0.2}}}},
)
def promote_model() -> None:
    promote_one()


@dg.job(
    name="rollback_model",
    description="Takes the newest promotion back.",
    executor_def=dg.in_process_executor,
    config={"ops": {"roll_back_one": {"config": {"model": ""}}}},
)
def rollback_model() -> None:
    roll_back_one()


@dg.job(name="list_models", description="Shows every model.", executor_def=dg.in_process_executor)
def list_models() -> None:
    show_models()


@dg.definitions
def defs() -> dg.Definitions:
    """The three jobs."""
    return dg.Definitions(jobs=[promote_model, rollback_model, list_models])


@contextmanager
def database() -> Iterator[tuple[Any, str]]:
    """A connection as the pipeline's role, and the name of the deployment."""
    from pipelines.lib.export.database import connect

    settings = load_settings()
    with connect(settings.database_url, autocommit=True) as db:
        yield db, settings.environment


def model_table(db: Any) -> dg.TableMetadataValue:
    """The models, newest change first, a hundred at most."""
    from itertools import islice

    from pipelines.lib.training.promotion import list_models

    records = [
        dg.TableRecord(
            {
                "model": str(row["name"]).rpartition("/")[2],
                "base_model": row["base_model"] or "",
                "method": row["method"] or "",
                "status": row["status"],
                "share": str(row["share"]),
                "verdict": str(row["evaluation"].get("verdict", "not evaluated")),
                "win rate": str(row["evaluation"].get("winRate", "")),
                "real": "no: the stand-in answered" if row["synthetic"] else "yes",
            }
        )
        for row in islice(list_models(db), 100)
    ]
    columns = ("model", "base_model", "method", "status", "share", "verdict", "win rate", "real")
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns])
    return dg.MetadataValue.table(records=records, schema=schema)
