"""Jobs that build the datasets, one a label, with their config filled in for the launchpad; and a weekly schedule."""

import dagster as dg

from pipelines.defs.nightly.jobs import first_of_month
from pipelines.defs.training.keys import DATASET, PREFERENCES, ROWS
from pipelines.resources import moment_config

LABELS = ("interview", "offer")
EXAMPLE_AS_OF = "2026-12-01T00:00:00+00:00"
"""What the launchpad shows first; a person changes it to the moment that the marts were built for."""


def job_name(label: str) -> str:
    """The job that builds for this label."""
    return f"datasets_by_{label}"


def build_config(label: str) -> dict[str, object]:
    """The run config of the three assets for a label."""
    return {"ops": {"__".join(key.path): {"config": {"label": label}} for key in (ROWS, DATASET, PREFERENCES)}}


@dg.definitions
def defs() -> dg.Definitions:
    """A job a label, and the schedule of the first."""
    jobs = [
        dg.define_asset_job(
            job_name(label),
            selection=dg.AssetSelection.assets(ROWS, DATASET, PREFERENCES),
            config=build_config(label) | {"resources": {"moment": {"config": {"as_of": EXAMPLE_AS_OF}}}},
            description=f"Training rows and both datasets with label `{label}`; set as_of in the launchpad.",
            executor_def=dg.in_process_executor,
        )
        for label in LABELS
    ]

    @dg.schedule(
        job=jobs[0],
        cron_schedule="0 5 * * 1",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Mondays at 05:00 UTC, for the first of the current month, as the marts are. Off at first.",
    )
    def datasets_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        as_of = first_of_month(context.scheduled_execution_time)
        return dg.RunRequest(run_key=None, run_config=build_config(LABELS[0]) | moment_config(as_of))

    return dg.Definitions(jobs=jobs, schedules=[datasets_schedule])
