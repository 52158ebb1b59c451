"""The job that retires models, and the sensor that starts it: by themselves, once the next attempt is due."""

from typing import Any

import dagster as dg
import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.retirement import retire_models, retirement_sensor
from tests.cli.test_model import add_model, statuses
from tests.pipelines.training.house import failure
from tests.pipelines.training.synthetic import record
from tests.support.databases import Database

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [record(1)]


def tick() -> Any:
    return retirement_sensor(dg.build_sensor_context())


def go() -> dg.ExecuteInProcessResult:
    return retire_models.execute_in_process(raise_on_error=False)


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    [event] = [event for event in result.all_events if event.event_type == dg.DagsterEventType.STEP_OUTPUT]
    metadata = event.step_output_data.metadata
    return {name: value.value for name, value in metadata.items()}


def let_the_pause_pass(database: Database) -> None:
    """After a refusal the next attempt waits; now its time has come, for models and for runs."""
    passed = "to_jsonb((now() - interval '1 minute')::text)"
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        for table, column, place in (
            ("models", "evaluation", "{retirement,nextAttemptAt}"),
            ("tuning_runs", "details", "{settling,nextAttemptAt}"),
        ):
            statement = f"update cvstomize.{table} set {column} = jsonb_set({column}, '{place}', {passed}, false)"
            connection.execute(statement.encode())


def test_it_starts_when_something_is_due_and_waits_after_a_refusal(house: VertexStandIn, database: Database) -> None:
    assert isinstance(tick(), dg.SkipReason)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        add_model(connection, 1, house, status="arm", dataset="revoked")
    assert isinstance(tick(), dg.RunRequest)
    house.faults.add("models", "refuses", times=1)
    result = go()
    assert result.success
    assert shown(result)["retired"] == []
    assert len(shown(result)["refused"]) == 1
    assert "no real model" in shown(result)["real"]
    assert isinstance(tick(), dg.SkipReason)  # the pause after a refusal
    let_the_pause_pass(database)
    assert isinstance(tick(), dg.RunRequest)
    assert len(shown(go())["retired"]) == 1
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert [status for status, _ in statuses(connection).values()] == ["retired"]
    assert isinstance(tick(), dg.SkipReason)


def test_a_model_past_its_day_makes_the_run_red(house: VertexStandIn, database: Database) -> None:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        add_model(
            connection, 1, house, status="retire_required", dataset="revoked", evaluation={"retireBy": "2026-01-01"}
        )
    house.faults.add("models", "refuses", times=1)
    result = go()
    assert not result.success
    assert "cvstomize model retire" in failure(result)
