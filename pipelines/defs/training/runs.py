"""Assets `tuning_run` and `tuned_model`, and the sensor that watches open runs."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from pipelines.defs.export.assets import OWNER
from pipelines.defs.training.keys import DATASET, EVALUATION, GROUP, MODEL, NIGHTLY, PREFERENCES, RUN
from pipelines.lib.training.lock_names import LAUNCH_LOCK, TRACK_LOCK
from pipelines.settings import load_settings

NOT_CONFIGURED = "Vertex is not configured: set VERTEX_TUNING_LOCATION (and GCP_PROJECT_ID) to tune, nothing was called"
NOT_AT_NIGHT = "planned only: a night launches nothing by itself; use launch_{}_tuning, or set VERTEX_TUNING_NIGHTLY"
TRACK_JOB = "track_tuning"
STAND_IN_POLLS = 4
"""A job of the stand-in moves one state with each question."""
SENSOR_SECONDS = 30
METHODS = ("supervised", "preference")
GRACE_SECONDS = 60
"""How long a run may have been started without holding its lock before its process counts as dead."""
LAUNCH_RETRIES = 3
SHOWN_RUNS = 20
BUSY_SECONDS = 30
SYNTHETIC = "no real model: the Vertex stand-in answered"


class TuningConfig(dg.Config):
    """What a person may choose for a run; everything is held against the allow-list before anything is called."""

    method: Literal["supervised", "preference"] = Field(
        default="supervised", description="How to tune; preference goes on from a supervised model of ours."
    )
    parent_model: str = Field(
        default="", description="For preference: the supervised model to go on from; empty: the newest of this base."
    )
    base_model: str = Field(default="", description="Base model; empty: the one the dataset was built for.")
    epoch_count: int = Field(default=3, description="Passes over the data.")
    learning_rate_multiplier: float = Field(default=1.0, description="Times the recommended rate.")
    adapter_size: int = Field(default=4, description="1, 2, 4, 8 or 16.")
    beta: float = Field(default=0.1, description="For preference: how closely to stay at the parent.")
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
    minimum_interval_seconds=SENSOR_SECONDS,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="While a tuning run is open or a candidate waits for its evaluation: asks Vertex by materialising"
    " tuned_model, then model_evaluation. Also finishes launches that were interrupted.",
)
def tuning_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    from pipelines.lib.evaluation.registry import candidates
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.locks import only_here
    from pipelines.lib.training.run_registry import open_runs

    with connect(load_settings().database_url, autocommit=True) as db:
        with only_here(db, TRACK_LOCK, wait_seconds=0) as free:
            if not free:
                return dg.SkipReason("a run is at it")
            end_dead_runs(context.instance, TRACK_JOB, GRACE_SECONDS)
        with only_here(db, LAUNCH_LOCK, wait_seconds=0) as free:
            for method in METHODS if free else ():
                end_dead_runs(context.instance, launch_job(method), GRACE_SECONDS)
        waiting = [run.run_hash for run in open_runs(db)] + [candidate.name for candidate in candidates(db)]
    if not waiting:
        return dg.SkipReason("no tuning run is open and no candidate waits for its evaluation")
    tick = int(context.cursor or 0) + 1
    key = f"{waiting[0][-16:]}-{tick}"
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key)], cursor=str(tick))


def launch_job(method: str) -> str:
    """Name of the job that launches runs of a method."""
    return f"launch_{method}_tuning"


def end_dead_runs(instance: dg.DagsterInstance, job: str, grace_seconds: float) -> None:
    """Report runs failed whose process is gone: they hold no lock, and would fill the queue of runs for ever."""
    before = datetime.now(UTC) - timedelta(seconds=grace_seconds)
    started = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.STARTED], updated_before=before)
    for run in instance.get_runs(started, limit=20):
        instance.report_run_failed(run, "its process has ended without a word; the next look goes on from there")


@dg.definitions
def defs() -> dg.Definitions:
    """Launching, tracking, and the sensor."""
    track = dg.define_asset_job(
        TRACK_JOB,
        selection=dg.AssetSelection.assets(MODEL, EVALUATION),
        description="Asks Vertex about open tuning runs, and evaluates what came out of them.",
        executor_def=dg.in_process_executor,
    )
    launches = [
        dg.define_asset_job(
            launch_job(method),
            selection=dg.AssetSelection.assets(RUN),
            config={"ops": {"training__tuning_run": {"config": {"method": method, "dry_run": True}}}},
            description=f"Plans a {method} run of the newest dataset; set dry_run to false to launch it.",
            executor_def=dg.in_process_executor,
        )
        for method in METHODS
    ]
    return dg.Definitions(assets=[tuning_run, tuned_model], jobs=[track, *launches], sensors=[tuning_sensor])


@dg.asset(
    key=RUN,
    deps=[DATASET, PREFERENCES],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"gemini", "python"},
    description="One tuning job for the newest dataset, per hash of dataset, base model, method, parameters and parent"
    " checkpoint. Asking again finds the same job. Without Vertex it says so and does nothing.",
)
def tuning_run(context: dg.AssetExecutionContext, config: TuningConfig) -> dg.MaterializeResult[None]:
    """Plan, check the files and the budget, then launch."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.errors import ParametersRefusedError
    from pipelines.lib.training.locks import only_here
    from pipelines.lib.training.registry import newest_dataset
    from pipelines.lib.training.run_registry import CREATING, record_plan
    from pipelines.lib.training.run_tracking import launch_run
    from pipelines.lib.training.tuning_plan import estimated_cost, estimated_tokens
    from pipelines.lib.training.upload import read_back
    from pipelines.lib.training.vertex_settings import VertexSettings
    from pipelines.lib.training.vertex_tuning import LaunchLaterError, LaunchRefusedError, tuning_client

    vertex, settings = VertexSettings(), load_settings()
    if not vertex.is_configured:
        return skipped(context, NOT_CONFIGURED)
    with connect(settings.database_url, autocommit=True) as db, only_here(db, LAUNCH_LOCK) as alone:
        if not alone:
            raise dg.RetryRequested(max_retries=LAUNCH_RETRIES, seconds_to_wait=BUSY_SECONDS)
        dataset = newest_dataset(db, config.method)
        if dataset is None:
            return skipped(context, f"no dataset is uploaded yet: see what {config.method}_dataset is missing")
        try:
            plan = planned(db, config, dataset, vertex.location)
        except ParametersRefusedError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        train, validation = dataset.file("train.jsonl"), dataset.file("validation.jsonl")
        for file in (train, validation):
            problem = read_back(settings, file.uri, file.sha256, file.size_bytes)
            if problem:
                raise dg.Failure(f"the dataset is not what was recorded: {problem}", allow_retries=False)
        cost, tokens = estimated_cost(plan, train.size_bytes), estimated_tokens(plan, train.size_bytes)
        metadata: dict[str, Any] = {
            "run_hash": plan.run_hash,
            "dataset": dataset.manifest_sha256,
            "method": plan.method,
            "parent_checkpoint": plan.parent_checkpoint or "none",
            "estimated_tokens": tokens,
            "estimated_cost_usd": float(cost),
            "budget_usd": float(vertex.vertex_tuning_budget_usd),
            "tuning_location": plan.location,
            "parameters": dg.MetadataValue.json(dict(plan.parameters)),
        }
        if context.run.job_name == NIGHTLY and not vertex.launches_at_night:
            return skipped(context, NOT_AT_NIGHT.format(plan.method), metadata)
        if cost > vertex.vertex_tuning_budget_usd:
            raise dg.Failure(
                f"the run would cost about {cost} USD; VERTEX_TUNING_BUDGET_USD is {vertex.vertex_tuning_budget_usd}",
                metadata=metadata,
                allow_retries=False,
            )
        if config.dry_run:
            return skipped(context, "dry run: nothing was created", metadata)
        details = {"estimated_tokens": tokens, "estimated_cost_usd": float(cost)}
        run = record_plan(db, plan, dataset, synthetic=vertex.is_synthetic, details=details)
        # Where it was planned first: elsewhere its job would not be found, and made once more.
        with tuning_client(vertex, run.location) as client:
            try:
                state = run.state if run.finished_at else launch_run(db, client, run)
            except LaunchLaterError as error:
                context.log.warning("%s", error)
                if error.nothing_sent:
                    raise dg.RetryRequested(max_retries=LAUNCH_RETRIES, seconds_to_wait=error.seconds) from error
                # A job may be there that nobody has heard of: whoever follows the runs looks for it, patiently.
                state = CREATING
                metadata["not_yet"] = f"{error}; tuned_model (and tuning_sensor) look for it"
            except LaunchRefusedError as error:
                raise dg.Failure(str(error), metadata=metadata, allow_retries=False) from None
            job = select_job(db, plan.run_hash)
    if run.finished_at:
        context.log.info("this run has ended already; a run with other parameters is another run")
    if vertex.is_synthetic:
        metadata["synthetic"] = SYNTHETIC
    return dg.MaterializeResult(metadata={**metadata, "job": job or "", "state": state})


def planned(db: Any, config: TuningConfig, dataset: Any, location: str) -> Any:
    """The plan of a config. Raises ParametersRefusedError, also when there is no model to go on from."""
    from pipelines.lib.training.errors import ParametersRefusedError
    from pipelines.lib.training.run_registry import parent_checkpoint
    from pipelines.lib.training.tuning_plan import plan_run

    base_model = config.base_model or dataset.base_model
    parameters = {
        "epoch_count": config.epoch_count,
        "learning_rate_multiplier": config.learning_rate_multiplier,
        "adapter_size": config.adapter_size,
    }
    parent = None
    if config.method == "preference":
        parameters["beta"] = config.beta
        parent = parent_checkpoint(db, base_model, config.parent_model)
        if parent is None:
            wanted = config.parent_model or f"of {base_model}"
            raise ParametersRefusedError(f"there is no supervised model {wanted} to go on from: tune one first")
    return plan_run(
        dataset.manifest_sha256,
        base_model=base_model,
        location=location,
        method=config.method,
        parameters=parameters,
        parent_checkpoint=parent,
    )


def select_job(db: Any, run_hash: str) -> str | None:
    """Name of a run's job."""
    from pipelines.lib.training.run_registry import select_runs

    [run] = select_runs(db, "run.run_hash = %s", [run_hash])
    return run.job_name


@dg.asset(
    key=MODEL,
    deps=[RUN],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"gemini", "python"},
    description="What became of the tuning runs: each open one is asked for its state; a finished one without dropped"
    " examples becomes a candidate model. Fails, once, when a run ended with dropped or truncated examples.",
)
def tuned_model(context: dg.AssetExecutionContext, config: TrackConfig) -> dg.MaterializeResult[None]:
    """Ask for every open run; never sleeps unless told to."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.locks import only_here
    from pipelines.lib.training.run_registry import open_runs
    from pipelines.lib.training.run_tracking import DROPPED, track_run
    from pipelines.lib.training.vertex_settings import VertexSettings
    from pipelines.lib.training.vertex_tuning import tuning_client

    vertex = VertexSettings()
    if not vertex.is_configured:
        return skipped(context, NOT_CONFIGURED)
    states: dict[str, str] = {}
    with (
        connect(load_settings().database_url, autocommit=True) as db,
        only_here(db, TRACK_LOCK) as alone,
        only_here(db, LAUNCH_LOCK) as may_launch,
        ExitStack() as opened,
    ):
        if not (alone and may_launch):
            return skipped(context, "another run is at it")
        clients: dict[str, Any] = {}  # by location, where a run was launched
        for poll in range(config.polls or (STAND_IN_POLLS if vertex.is_synthetic else 1)):
            runs = open_runs(db)
            if not runs:
                break
            if poll:
                time.sleep(config.seconds_between)
            for run in runs:
                if run.location not in clients:
                    clients[run.location] = opened.enter_context(tuning_client(vertex, run.location))
                states[run.run_hash] = track_run(db, clients[run.location], run)
        metadata: dict[str, Any] = {
            "states": dg.MetadataValue.json(states),
            "open_runs_asked": len(states),
            "runs": run_table(db),
        }
    if vertex.is_synthetic:
        metadata["synthetic"] = SYNTHETIC
    dropped = sorted(run_hash for run_hash, state in states.items() if state == DROPPED)
    if dropped:
        reason = f"Vertex dropped or truncated examples of run {', '.join(dropped)}: its model is not used"
        raise dg.Failure(reason, metadata=metadata, allow_retries=False)
    return dg.MaterializeResult(metadata=metadata)


def run_table(db: Any) -> dg.TableMetadataValue:
    """The newest runs with what was estimated and what is billed, where a mismatch shows."""
    from pipelines.lib.training.run_registry import select_runs

    records = []
    for run in select_runs(db, "true", [])[: -SHOWN_RUNS - 1 : -1]:
        over = run.details.get("billed_over_estimate")
        records.append(
            dg.TableRecord(
                {
                    "run": run.run_hash[:16],
                    "base_model": run.base_model,
                    "method": run.method,
                    "state": run.state,
                    "dropped": str(run.details.get("dropped_examples", "")),
                    "tokens estimated": str(run.details.get("estimated_tokens", "")),
                    "tokens billed": str(run.details.get("billed_tokens", "")),
                    "usd estimated": str(run.details.get("estimated_cost_usd", "")),
                    "usd billed": str(run.details.get("billed_cost_usd", "")),
                    "bill": "" if over is None else "ABOVE THE ESTIMATE" if over else "within the estimate",
                }
            )
        )
    columns = (
        "run", "base_model", "method", "state", "dropped", "tokens estimated", "tokens billed", "usd estimated",
        "usd billed", "bill",
    )  # fmt: skip
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns])
    return dg.MetadataValue.table(records=records, schema=schema)


def skipped(
    context: dg.AssetExecutionContext, reason: str, metadata: dict[str, Any] | None = None
) -> dg.MaterializeResult[None]:
    """A green result that says in one line why nothing happened."""
    context.log.info(reason)
    return dg.MaterializeResult(metadata={**(metadata or {}), "skipped": reason})
