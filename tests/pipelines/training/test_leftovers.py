"""What a tuning run may leave behind at Vertex, through Dagster's own runner: nothing stays that nobody knows of."""

from decimal import Decimal
from typing import Any

import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.keys import MODEL
from pipelines.lib.export.storage import storage_client
from pipelines.lib.training.promotion import PromotionRefusedError, promote
from pipelines.settings import load_settings
from tests.pipelines.training.house import decide, failure, run
from tests.pipelines.training.synthetic import record
from tests.pipelines.training.test_launch_and_track import (
    follow,
    later,
    launch,
    models,
    recorded,
    small_content,
    small_dataset,
)
from tests.pipelines.training.test_retirement_job import go, shown
from tests.pipelines.training.test_run_retirement import (
    NOTHING,
    learn_from_person,
    left,
    retire_until_nothing_is_due,
    withdraw,
)
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [record(1)]


def a_day_passes(database: Database) -> None:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update cvstomize.tuning_runs set created_at = now() - interval '25 hours'")


def bring_back(database: Database) -> None:
    """Person-1 consents again, and the next build made the very same dataset."""
    with database.connect() as connection:
        decide(connection, "person-1", "training", granted=True)
    bucket = storage_client(load_settings()).bucket(load_settings().gcs_datasets_bucket)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update cvstomize.datasets set status = 'uploaded', revoked_at = null")
        for (uri,) in connection.execute("select uri from cvstomize.dataset_files").fetchall():
            bucket.blob(uri.partition("/")[2].partition("/")[2].partition("/")[2]).upload_from_string(
                small_content(), timeout=10
            )


def test_a_job_that_ends_well_although_it_was_cancelled_for_the_deadline_is_recorded(
    house: VertexStandIn, database: Database
) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "never_ends")
    launch()
    a_day_passes(database)
    house.faults.add("tune_cancel", "too_late")
    assert list(follow(1).values()) == ["OVERDUE"]
    assert recorded(database)[0].finished_at is None  # nobody knows yet how it ends
    assert list(follow(1).values()) == ["JOB_STATE_SUCCEEDED"]
    assert [status for _, status in models(database)] == ["candidate"]
    assert recorded(database)[0].finished_at is not None
    assert follow(1) == {}


def test_an_overdue_job_that_stops_stays_overdue(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "never_ends")
    launch()
    a_day_passes(database)
    assert list(follow(2).values()) == ["OVERDUE"]
    assert recorded(database)[0].finished_at is not None
    assert house.count("tune_cancel") == 1
    assert left(house) == NOTHING


@pytest.mark.parametrize("end", ["drops_examples", pytest.param("partially_succeeds", marks=pytest.mark.prove)])
def test_a_model_that_will_not_be_used_is_retired(house: VertexStandIn, database: Database, end: Any) -> None:
    small_dataset(database)
    house.faults.add("tune_create", end)
    launch()
    assert run(MODEL, raises=False).success == (end != "drops_examples")
    [(name, status)] = models(database)
    assert status == "retire_required"
    with (
        database.connect("PIPELINE_DATABASE_URL") as connection,
        pytest.raises(PromotionRefusedError, match="its tuning run ended as"),
    ):
        promote(connection, name, share=Decimal(1), environment="local")
    retire_until_nothing_is_due(database)
    assert models(database) == [(name, "retired")]
    assert left(house) == NOTHING


def test_a_repeated_job_is_cancelled_again_and_what_it_made_is_retired(
    house: VertexStandIn, database: Database
) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "duplicate")
    house.faults.add("tune_cancel", "internal")  # nobody heard that the twin is to stop
    house.faults.add("tune_cancel", "too_late")  # and then it ends all the same
    launch()
    house.faults.add("tune_list", "unavailable")  # the first look for twins finds nobody at home
    follow(3)
    assert recorded(database)[0].finished_at is None
    assert [status for _, status in models(database)] == ["candidate"]
    follow(1)
    assert recorded(database)[0].finished_at is not None
    assert [status for _, status in models(database)] == ["candidate", "retire_required"]
    retire_until_nothing_is_due(database)
    assert len(left(house)["models"]) == len(left(house)["endpoints"]) == 1


def test_a_create_without_an_answer_is_given_up_only_when_no_job_is_listed(
    house: VertexStandIn, database: Database
) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "lost_answer")
    house.faults.add("tune_list", "late", delay_seconds=0)
    house.faults.add("tune_list", "unavailable", times=2)
    assert launch()["state"] == "CREATING"
    a_day_passes(database)
    assert list(follow(1).values()) == ["CREATING"]  # the list cannot be had: a job may be there
    found = follow(3)
    assert list(found.values()) == ["OVERDUE"]
    assert recorded(database)[0].finished_at is not None
    assert house.count("tune_create") == 1
    assert left(house) == NOTHING
    house.faults.add("tune_create", "internal")
    house.faults.add("tune_list", "late", delay_seconds=0)
    house.faults.add("tune_list", "unavailable")
    launch(epoch_count=2)
    a_day_passes(database)
    later(database, minutes=11)
    assert list(follow(1).values()) == ["FAILED_NOT_LAUNCHED"]
    assert house.count("tune_create") == 2


@pytest.mark.parametrize(
    "moment",
    [
        "the job ran",
        pytest.param("the model waits", marks=pytest.mark.prove),
        pytest.param("the model is gone", marks=pytest.mark.prove),
        "the job is asked to stop",
    ],
)
def test_a_dataset_that_comes_back_is_tuned_on_again_once(
    house: VertexStandIn, database: Database, moment: str
) -> None:
    small_dataset(database)
    learn_from_person(database)
    first = launch()["job"]
    if moment.startswith("the model"):
        follow()
    withdraw(database)
    if moment == "the job is asked to stop":
        house.faults.add("tune_cancel", "late", delay_seconds=0)
        house.faults.add("tune_get", "unavailable")
        assert "503" in next(iter(shown(go())["refused"].values()))
    elif moment != "the model waits":
        retire_until_nothing_is_due(database)
    bring_back(database)
    learn_from_person(database)
    if moment == "the job is asked to stop":
        follow(1)
    second = launch()
    assert second["job"] not in (first, "")
    assert second["state"] == "JOB_STATE_QUEUED"
    assert launch()["job"] == second["job"]
    retire_until_nothing_is_due(database)
    follow()
    assert [status for _, status in models(database)].count("candidate") == 1
    assert len(left(house)["models"]) == len(left(house)["endpoints"]) == 1
    assert house.count("tune_create") == 2
    assert [run.state for run in recorded(database)] == ["JOB_STATE_SUCCEEDED"]
    withdraw(database)
    retire_until_nothing_is_due(database)
    assert left(house) == NOTHING


def test_a_run_that_failed_for_other_reasons_is_not_repeated(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "drops_examples")
    name = launch()["job"]
    assert "dropped" in failure(run(MODEL, raises=False))
    retire_until_nothing_is_due(database)
    again = launch()
    assert (again["job"], again["state"]) == (name, "FAILED_EXAMPLES_DROPPED")
    assert house.count("tune_create") == 1
