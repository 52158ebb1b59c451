"""Jobs and schedules: everything each night, the raw tables every fifteen minutes."""

import os
from datetime import UTC, datetime

import dagster as dg

from pipelines.defs.training.keys import EVALUATION, NIGHTLY
from pipelines.resources import moment_config
from pipelines.settings import bigquery_is_configured

EXPORT = "export"
POSTGRES = dg.AssetSelection.key_prefixes(["postgres"])
BIGQUERY = dg.AssetSelection.key_prefixes(["raw"], ["bigquery"])


def nightly_selection(warehouse: str, *, bigquery: bool) -> dg.AssetSelection:
    """What a night builds: what publishes the marts, and the BigQuery side wherever there is one."""
    # A candidate is evaluated when somebody follows it (`tuning_sensor`), not as part of a night.
    selection = dg.AssetSelection.all() - dg.AssetSelection.assets(EVALUATION)
    if warehouse == "bigquery":
        return selection - POSTGRES
    return selection if bigquery else selection - BIGQUERY


def first_of_month(moment: datetime) -> datetime:
    """The first moment of the month, in UTC: what the marts are published for."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@dg.definitions
def defs() -> dg.Definitions:
    """The two jobs and their schedules."""
    warehouse = os.environ.get("WAREHOUSE") or "postgres"
    bigquery = warehouse == "bigquery" or bigquery_is_configured()
    nightly = dg.define_asset_job(
        NIGHTLY,
        selection=nightly_selection(warehouse, bigquery=bigquery),
        description="Export, marts of the configured warehouses, datasets and the plan of a tuning run, with all"
        " checks. It launches the run only with VERTEX_TUNING_NIGHTLY=true, or against the stand-in.",
        executor_def=dg.in_process_executor,
    )
    export = dg.define_asset_job(
        EXPORT,
        selection=dg.AssetSelection.groups("raw"),
        description="Bring the raw tables in BigQuery up to date.",
        executor_def=dg.in_process_executor,
    )

    @dg.schedule(
        job=nightly,
        cron_schedule="0 3 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Each night at 03:00 UTC, for the first of the current month.",
    )
    def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        as_of = first_of_month(context.scheduled_execution_time)
        return dg.RunRequest(run_key=None, run_config=moment_config(as_of))

    @dg.schedule(
        job=export,
        cron_schedule="*/15 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING if bigquery else dg.DefaultScheduleStatus.STOPPED,
        description="Every fifteen minutes.",
    )
    def export_schedule() -> dg.RunRequest:
        return dg.RunRequest()

    return dg.Definitions(jobs=[nightly, export], schedules=[nightly_schedule, export_schedule])
