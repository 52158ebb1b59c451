"""Assets `tuning_run` and `tuned_model`, and the sensor that watches open runs."""

import time
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from pipelines.defs.export.assets import OWNER
from pipelines.defs.training.keys import DATASET, GROUP, MODEL, RUN
from pipelines.settings import load_settings

NOT_CONFIGURED = "Vertex is not configured: set VERTEX_TUNING_LOCATION (and GCP_PROJECT_ID) to tune, nothing was called"
TRACK_JOB = "track_tuning"
STAND_IN_POLLS = 4
"""A job of the stand-in moves one state with each question."""
SYNTHETIC = "no real model: the Vertex stand-in answered"


class TuningConfig(dg.Config):
    """What a person may choose for a run; everything is held against the allow-list before anything is called."""

    method: Literal["supervised"] = Field(default="supervised", description="How to tune.")
    base_model: str = Field(default="", description="Base model; empty: the one the dataset was built for.")
    epoch_count: int = Field(default=3, description="Passes over the data.")
    learning_rate_multiplier: float = Field(default=1.0, description="Times the recommended rate.")
    adapter_size: int = Field(default=4, description="1, 2, 4, 8 or 16.")
    dry_run: bool = Field(default=False, description="Plan, check and estimate; create nothing.")


class TrackConfig(dg.Config):
    """How patiently to look."""

    polls: int = Field(
        default=0,
        ge=0,
        le=60,
        description="How often to ask for each open run. 0: once, or as often as a job of the stand-in takes to end.",
    )
    seconds_between: float = Field(default=0.0, ge=0, le=60, description="Pause between two questions.")


@dg.sensor(
    job_name=TRACK_JOB,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Asks Vertex about open tuning runs by materialising tuned_model, while there are any.",
)
def tuning_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.run_registry import open_runs

    with connect(load_settings().database_url, autocommit=True) as db:
        runs = open_runs(db)
    if not runs:
        return dg.SkipReason("no tuning run is open")
    tick = int(context.cursor or 0) + 1
    key = f"{runs[0]['run_hash'][:16]}-{tick}"
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key)], cursor=str(tick))


@dg.definitions
def defs() -> dg.Definitions:
    """Launching, tracking, and the sensor."""
    track = dg.define_asset_job(TRACK_JOB, selection=dg.AssetSelection.assets(MODEL))

    return dg.Definitions(assets=[tuning_run, tuned_model], jobs=[track], sensors=[tuning_sensor])


@dg.asset(
    key=RUN,
    deps=[DATASET],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"gemini", "python"},
    description="One tuning job for the newest dataset, per hash of dataset, base model, method and parameters. Asking"
    " again finds the same job. Without Vertex it says so and does nothing.",
)
def tuning_run(context: dg.AssetExecutionContext, config: TuningConfig) -> dg.MaterializeResult[None]:
    """Plan, check the files and the budget, then launch."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.errors import ParametersRefusedError
    from pipelines.lib.training.registry import newest_dataset
    from pipelines.lib.training.run_registry import record_plan, record_state
    from pipelines.lib.training.tuning_plan import estimated_cost, plan_run
    from pipelines.lib.training.upload import read_back
    from pipelines.lib.training.vertex_settings import VertexSettings
    from pipelines.lib.training.vertex_tuning import ENDED, LaunchRefusedError, launch, state_of, tuning_client

    vertex, settings = VertexSettings(), load_settings()
    if not vertex.is_configured:
        return skipped(context, NOT_CONFIGURED)
    with connect(settings.database_url, autocommit=True) as db:
        dataset = newest_dataset(db)
        if dataset is None:
            return skipped(context, "no dataset is uploaded yet: see what supervised_dataset is missing")
        try:
            plan = plan_run(
                dataset.manifest_sha256,
                base_model=config.base_model or dataset.base_model,
                location=vertex.location,
                method=config.method,
                parameters={
                    "epoch_count": config.epoch_count,
                    "learning_rate_multiplier": config.learning_rate_multiplier,
                    "adapter_size": config.adapter_size,
                },
            )
        except ParametersRefusedError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        train, validation = dataset.file("train.jsonl"), dataset.file("validation.jsonl")
        for file in (train, validation):
            problem = read_back(settings, file.uri, file.sha256, file.size_bytes)
            if problem:
                raise dg.Failure(f"the dataset is not what was recorded: {problem}", allow_retries=False)
        cost = estimated_cost(plan, train.size_bytes)
        metadata: dict[str, Any] = {
            "run_hash": plan.run_hash,
            "dataset": dataset.manifest_sha256,
            "estimated_cost_usd": float(cost),
            "parameters": dg.MetadataValue.json(dict(plan.parameters)),
        }
        if cost > vertex.vertex_tuning_budget_usd:
            raise dg.Failure(
                f"the run would cost about {cost} USD; VERTEX_TUNING_BUDGET_USD is {vertex.vertex_tuning_budget_usd}",
                metadata=metadata,
                allow_retries=False,
            )
        if config.dry_run:
            return skipped(context, "dry run: nothing was created", metadata)
        record_plan(db, plan, dataset, synthetic=vertex.is_synthetic)
        with tuning_client(vertex) as client:
            try:
                job = launch(client, plan, train.uri, validation.uri)
            except LaunchRefusedError as error:
                raise dg.Failure(str(error), metadata=metadata, allow_retries=False) from None
        state = state_of(job)
        record_state(db, plan.run_hash, state=state, job_name=job.name, details={}, ended=state in ENDED)
    if vertex.is_synthetic:
        metadata["synthetic"] = SYNTHETIC
    return dg.MaterializeResult(metadata={**metadata, "job": job.name or "", "state": state})


@dg.asset(
    key=MODEL,
    deps=[RUN],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"gemini", "python"},
    description="What became of the tuning runs: each open one is asked for its state; a finished one without dropped"
    " examples becomes a candidate model.",
)
def tuned_model(context: dg.AssetExecutionContext, config: TrackConfig) -> dg.MaterializeResult[None]:
    """Ask for every open run; never sleeps unless told to."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.run_registry import open_runs
    from pipelines.lib.training.run_tracking import track_run
    from pipelines.lib.training.vertex_settings import VertexSettings
    from pipelines.lib.training.vertex_tuning import tuning_client

    vertex = VertexSettings()
    if not vertex.is_configured:
        return skipped(context, NOT_CONFIGURED)
    states: dict[str, str] = {}
    with connect(load_settings().database_url, autocommit=True) as db, tuning_client(vertex) as client:
        for poll in range(config.polls or (STAND_IN_POLLS if vertex.is_synthetic else 1)):
            runs = open_runs(db)
            if not runs:
                break
            if poll:
                time.sleep(config.seconds_between)
            for run in runs:
                states[run["run_hash"]] = track_run(db, client, run)
    metadata: dict[str, Any] = {"states": dg.MetadataValue.json(states), "open_runs_asked": len(states)}
    if vertex.is_synthetic:
        metadata["synthetic"] = SYNTHETIC
    return dg.MaterializeResult(metadata=metadata)


def skipped(
    context: dg.AssetExecutionContext, reason: str, metadata: dict[str, Any] | None = None
) -> dg.MaterializeResult[None]:
    """A green result that says in one line why nothing happened."""
    context.log.info(reason)
    return dg.MaterializeResult(metadata={**(metadata or {}), "skipped": reason})
