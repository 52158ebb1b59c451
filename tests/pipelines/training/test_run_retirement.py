"""Runs and models that learnt from somebody who withdrew, whatever the service made of the jobs: none is left."""

from typing import Any

import dagster as dg
import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.keys import DATASET, ROWS
from pipelines.lib.training.lock_names import LAUNCH_LOCK
from pipelines.lib.training.locks import only_here
from pipelines.lib.training.registry import LINEAGE
from tests.pipelines.training.house import decide, run
from tests.pipelines.training.synthetic import record
from tests.pipelines.training.test_launch_and_track import follow, later, launch, models, recorded, small_dataset
from tests.pipelines.training.test_retirement_job import go, let_the_pause_pass, shown, tick
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [record(1)]


def learn_from_person(database: Database, kind: str = "supervised") -> None:
    """The small dataset of a kind holds a row of person-1."""
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute(LINEAGE)
        connection.execute(
            "insert into core.dataset_lineage select manifest_sha256, 'row', 'train.jsonl', 'person-1', 'r', 'v'"
            " from cvstomize.datasets where kind = %s",
            [kind],
        )


def withdraw(database: Database) -> None:
    """Person-1 takes the training consent back, and the next build finds it out."""
    with database.connect() as connection:
        decide(connection, "person-1", "training", granted=False)
    run(ROWS, DATASET, raises=False)  # it revokes, then finds that its rows are older than the withdrawal


def left(house: VertexStandIn) -> dict[str, list[str]]:
    """What Vertex still has: jobs that go on, models, endpoints."""
    found = house.jobs.everything()
    ended = ("SUCCEEDED", "CANCELLED", "FAILED")
    return {
        "jobs": [job["name"] for job in found["jobs"] if not job["state"].endswith(ended)],
        "models": [model["name"] for model in found["models"]],
        "endpoints": [endpoint["name"] for endpoint in found["endpoints"]],
    }


NOTHING: dict[str, list[str]] = {"jobs": [], "models": [], "endpoints": []}


def retire_until_nothing_is_due(database: Database, rounds: int = 6) -> list[dict[str, Any]]:
    """What the sensor starts, time after time, until it has nothing more to start."""
    results = []
    for _ in range(rounds):
        let_the_pause_pass(database)
        if isinstance(tick(), dg.SkipReason):
            return results
        results.append(shown(go()))
    raise AssertionError(f"something is still due: {results[-1]}")


def test_a_model_tuned_on_from_a_parent_goes_with_the_parent(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    small_dataset(database, "preference")
    learn_from_person(database)
    launch()
    follow()
    launch(method="preference", beta=0.2)
    follow()
    [(parent, _), (child, _)] = models(database)
    assert parent != child
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update cvstomize.models set status = 'promoted', share = 1 where name = %s", [child])
    withdraw(database)
    assert models(database) == [(parent, "retire_required"), (child, "retire_required")]
    [result] = retire_until_nothing_is_due(database)
    assert set(result["retired"]) == {parent, child}
    assert left(house) == NOTHING


@pytest.mark.prove
def test_somebody_in_the_childs_dataset_alone_leaves_the_parent_in_service(
    house: VertexStandIn, database: Database
) -> None:
    small_dataset(database)
    small_dataset(database, "preference")
    learn_from_person(database, "preference")
    launch()
    follow()
    launch(method="preference", beta=0.2)
    follow()
    withdraw(database)
    retire_until_nothing_is_due(database)
    assert [status for _, status in models(database)] == ["candidate", "retired"]
    assert len(left(house)["models"]) == len(left(house)["endpoints"]) == 1


def test_an_open_job_is_cancelled_also_when_the_first_cancel_fails(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    learn_from_person(database)
    house.faults.add("tune_create", "never_ends")
    launch()
    withdraw(database)
    house.faults.add("tune_cancel", "internal")
    first, second = retire_until_nothing_is_due(database)
    assert first["cancelled_runs"] == []
    assert "500" in next(iter(first["refused"].values()))
    assert second["cancelled_runs"] == [recorded(database)[0].run_hash]
    assert recorded(database)[0].state == "JOB_STATE_CANCELLED"
    assert left(house) == NOTHING


def test_a_job_that_ends_before_the_cancel_reaches_it_loses_its_model_too(
    house: VertexStandIn, database: Database
) -> None:
    small_dataset(database)
    learn_from_person(database)
    launch()
    withdraw(database)
    house.faults.add("tune_cancel", "refuses", times=9)
    results = retire_until_nothing_is_due(database)
    assert "has not ended yet" in next(iter(results[0]["refused"].values()))
    assert recorded(database)[0].state == "JOB_STATE_SUCCEEDED"
    assert [status for _, status in models(database)] == ["retired"]
    assert left(house) == NOTHING


@pytest.mark.parametrize("fault", ["lost_answer", "internal"])
def test_a_job_whose_answer_was_lost_is_found_and_none_is_created_any_more(
    house: VertexStandIn, database: Database, fault: Any
) -> None:
    small_dataset(database)
    learn_from_person(database)
    house.faults.add("tune_create", fault)
    house.faults.add("tune_list", "late", delay_seconds=0)
    house.faults.add("tune_list", "unavailable")
    assert launch()["state"] == "CREATING"
    withdraw(database)
    first = shown(go())
    if fault == "internal":
        assert "may still turn up" in next(iter(first["refused"].values()))
        later(database, minutes=11)
        assert list(follow().values()) == ["CREATING"]  # whoever follows runs does not create it again
        retire_until_nothing_is_due(database)
    assert [run.state for run in recorded(database)] == ["JOB_STATE_CANCELLED"]
    assert house.count("tune_create") == 1
    assert left(house) == NOTHING


def test_a_twin_and_a_model_with_dropped_examples_go_too(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    learn_from_person(database)
    house.faults.add("tune_create", "duplicate")
    house.faults.add("tune_cancel", "internal")  # nobody heard that the twin is to stop
    house.faults.add("tune_cancel", "too_late")
    launch()
    follow()
    house.faults.add("tune_create", "drops_examples")
    launch(epoch_count=2)
    with pytest.raises(dg.Failure, match="dropped or truncated"):
        follow()
    assert [status for _, status in models(database)] == ["candidate", "retire_required", "retire_required"]
    assert len(left(house)["models"]) == 3
    withdraw(database)
    retire_until_nothing_is_due(database)
    assert [status for _, status in models(database)] == ["retired"] * 3
    assert left(house) == NOTHING


@pytest.mark.prove
def test_no_run_is_settled_while_another_process_may_create_its_job(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    learn_from_person(database)
    house.faults.add("tune_create", "never_ends")
    launch()
    withdraw(database)
    with database.connect("PIPELINE_DATABASE_URL") as other, only_here(other, LAUNCH_LOCK):
        assert "right now" in next(iter(shown(go())["refused"].values()))
    assert house.count("tune_cancel") == 0
    retire_until_nothing_is_due(database)
    assert left(house) == NOTHING
