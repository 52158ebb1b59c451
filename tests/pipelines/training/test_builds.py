"""The jobs of the datasets: their config is filled in and valid, and the weekly schedule waits to be switched on."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.defs.training.builds import build_config, job_name
from pipelines.resources import moment_config

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def definitions() -> Iterator[dg.Definitions]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGQUERY_DATASET", "cvstomize")
        patch.setenv("WAREHOUSE", "postgres")
        yield defs()


@pytest.mark.parametrize("label", ["interview", "offer"])
def test_the_launchpad_has_a_valid_config_for_each_label(definitions: dg.Definitions, label: str) -> None:
    job = definitions.resolve_job_def(job_name(label))
    config = build_config(label) | moment_config(datetime(2026, 12, 1, tzinfo=UTC))
    assert dg.validate_run_config(job, config)
    assert dg.validate_run_config(job)["ops"]["training__supervised_dataset"]["config"]["label"] == label
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, build_config("hired") | moment_config(datetime(2026, 12, 1, tzinfo=UTC)))


def test_the_weekly_schedule_is_off_and_asks_for_the_month_of_the_marts(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("datasets_schedule")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=datetime(2026, 11, 23, 5, tzinfo=UTC)
        )
        [request] = schedule.evaluate_tick(context).run_requests or []
    assert request.run_config["resources"]["moment"]["config"]["as_of"] == "2026-11-01T00:00:00+00:00"
    assert dg.validate_run_config(definitions.resolve_job_def(job_name("interview")), request.run_config)
