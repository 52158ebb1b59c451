"""The alarm: a job of its own, because exports that never start or never end cannot report themselves."""

import os

import dagster as dg

from pipelines.settings import bigquery_is_configured, load_settings


@dg.op(description="Fails, naming the table or the process, when something must be looked at.")
def raise_alarms(context: dg.OpExecutionContext) -> None:
    """Red when a table had no successful export for an hour, or a transaction holds the watermark back."""
    from api.telemetry.providers import LAST_WORD_MILLISECONDS, Telemetry
    from pipelines.lib.export.alarm import alarms

    settings = load_settings()
    telemetry = Telemetry.from_endpoint(settings.otel_exporter_otlp_endpoint, service="cvstomize-pipelines")
    try:
        lines = alarms(settings, measures=telemetry.measures)
    finally:
        telemetry.close(LAST_WORD_MILLISECONDS)
    if lines:
        raise dg.Failure("\n".join(lines), allow_retries=False)
    context.log.info("every raw table was exported within the hour, and no transaction holds the watermark back")


@dg.job(
    name="export_alarm",
    description="Red when a raw table had no successful export for an hour, or when a transaction, named by its process"
    " id, has held the watermark back since an earlier export.",
    executor_def=dg.in_process_executor,
)
def export_alarm() -> None:
    """One question."""
    raise_alarms()


@dg.definitions
def defs() -> dg.Definitions:
    """The job and its schedule, between two exports."""
    wanted = (os.environ.get("WAREHOUSE") or "postgres") == "bigquery" or bigquery_is_configured()
    schedule = dg.ScheduleDefinition(
        name="export_alarm_schedule",
        job=export_alarm,
        cron_schedule="10-59/15 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING if wanted else dg.DefaultScheduleStatus.STOPPED,
        description="Ten minutes after each quarter of an hour.",
    )
    return dg.Definitions(jobs=[export_alarm], schedules=[schedule])
