"""Job `retire_models` and its sensor: what learnt from somebody who left goes without anybody asking for it."""

from datetime import UTC, datetime

import dagster as dg

from pipelines.defs.training.promotion import database, model_table
from pipelines.defs.training.runs import SYNTHETIC

SENSOR_SECONDS = 300


@dg.op(description="Mark, cancel, undeploy and delete what learnt from a revoked dataset; close erasure requests.")
def retire_due(context: dg.OpExecutionContext) -> None:
    from pipelines.lib.training.retirement import retire_models as retire
    from pipelines.lib.training.vertex_settings import VertexSettings

    settings = VertexSettings()
    with database() as (db, _):
        result = retire(db, settings)
        context.add_output_metadata(
            {
                "retired": dg.MetadataValue.json(result.retired),
                "refused": dg.MetadataValue.json(result.refused),
                "cancelled_runs": dg.MetadataValue.json(result.cancelled),
                "erasure_requests_closed": result.requests_closed,
                "models": model_table(db),
                "real": SYNTHETIC if settings.is_synthetic else "yes",
            }
        )
    for name, reason in result.refused.items():
        context.log.warning("%s is not retired: %s", name, reason)
    if result.overdue:
        raise dg.Failure(
            f"{len(result.overdue)} models should be gone and are not: {', '.join(result.overdue)}."
            " See `refused`, remove the cause, then run cvstomize model retire.",
            allow_retries=False,
        )


@dg.job(
    name="retire_models",
    description="Retires models that learnt from somebody who left; what Vertex refuses is tried again later.",
    executor_def=dg.in_process_executor,
)
def retire_models() -> None:
    retire_due()


@dg.sensor(
    job=retire_models,
    minimum_interval_seconds=SENSOR_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="While a model waits to be retired and its next attempt is due: starts retire_models. On by default,"
    " because a promise to people must not wait for a switch.",
)
def retirement_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    from pipelines.lib.training.retirement import is_anything_due

    now = datetime.now(UTC)
    with database() as (db, _):
        if not is_anything_due(db, now):
            return dg.SkipReason("nothing is to be retired now")
    return dg.RunRequest(run_key=f"retire-{now:%Y%m%dT%H%M%S}")


@dg.definitions
def defs() -> dg.Definitions:
    """The job and its sensor."""
    return dg.Definitions(jobs=[retire_models], sensors=[retirement_sensor])
