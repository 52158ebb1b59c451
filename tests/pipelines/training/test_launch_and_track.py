"""Launching and following runs through Dagster's own runner: the faults of the service, and what is done once only."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from api.db.base import new_id
from local.vertex import VertexStandIn
from pipelines.defs.training.keys import MODEL, NIGHTLY, RUN
from pipelines.defs.training.runs import TRACK_JOB, tuning_sensor
from pipelines.lib.export.storage import storage_client
from pipelines.lib.training.jsonl import canonical_line, sha256_hex
from pipelines.lib.training.lock_names import LAUNCH_LOCK, TRACK_LOCK
from pipelines.lib.training.locks import only_here
from pipelines.lib.training.pairs import preference_row
from pipelines.lib.training.rendering import supervised_row
from pipelines.lib.training.run_registry import select_runs
from pipelines.lib.training.vertex_settings import VertexSettings
from pipelines.resources import RunMoment
from pipelines.settings import load_settings
from tests.pipelines.training.house import ASSETS, failure, metadata, run
from tests.pipelines.training.synthetic import AS_OF, record
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]


def launch(**config: Any) -> dict[str, Any]:
    return metadata(run(RUN, config={"training__tuning_run": config} if config else None), RUN)


def follow(times: int = 4) -> dict[str, str]:
    states = {}
    for _ in range(times):
        states |= metadata(run(MODEL, config={"training__tuned_model": {"polls": 1}}), MODEL)["states"]
    return states


def recorded(database: Database) -> list[Any]:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        return select_runs(connection, "true", [])


def models(database: Database) -> list[tuple[str, ...]]:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        return connection.execute("select name, status from cvstomize.models order by created_at").fetchall()


def later(database: Database, **ago: int) -> None:
    """Let the create of every run have been sent some time ago."""
    sent = (datetime.now(UTC) - timedelta(**ago)).isoformat()
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute(
            "update cvstomize.tuning_runs set details = details || jsonb_build_object('create_sent_at', %s::text)",
            [sent],
        )


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [record(1)]


def small_content(kind: str = "supervised") -> bytes:
    """Four rows of a kind, as a file holds them."""
    make = {
        "supervised": lambda n: supervised_row("System", f"Question {n}", f"Answer {n}"),
        "preference": lambda n: preference_row("System", f"Question {n}", f"Good {n}", f"Bad {n}"),
    }[kind]
    return b"".join(canonical_line(make(number)) for number in range(4))


def small_dataset(database: Database, kind: str = "supervised") -> None:
    """Upload and record a dataset of four rows; a real one needs more outcomes than these tests need."""
    content = small_content(kind)
    settings, dataset, folder = load_settings(), new_id(), str(new_id())
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute(
            "insert into cvstomize.datasets"
            " (id, manifest_sha256, kind, status, as_of, source_cut, consent_version, manifest)"
            " values (%s, %s, %s, 'uploaded', now(), 'cut', 'c', %s)",
            [dataset, sha256_hex(folder.encode()), kind, '{"base_model": "gemini-2.5-flash"}'],
        )
        for name in ("train.jsonl", "validation.jsonl"):
            blob = storage_client(settings).bucket(settings.gcs_datasets_bucket).blob(f"{folder}/{name}")
            blob.upload_from_string(content, timeout=10)
            uri = f"gs://{settings.gcs_datasets_bucket}/{folder}/{name}"
            connection.execute(
                "insert into cvstomize.dataset_files (id, dataset_id, name, uri, sha256, size_bytes, row_count)"
                " values (%s, %s, %s, %s, %s, %s, 4)",
                [new_id(), dataset, name, uri, sha256_hex(content), len(content)],
            )


def asked_by_sensor(instance: dg.DagsterInstance | None = None) -> dg.SensorResult | dg.SkipReason:
    with contextlib.ExitStack() as opened:
        used = instance or opened.enter_context(dg.DagsterInstance.ephemeral())
        found = tuning_sensor(dg.build_sensor_context(instance=used))
        assert isinstance(found, dg.SensorResult | dg.SkipReason)
        return found


def test_preference_goes_on_from_the_supervised_checkpoint(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    small_dataset(database, "preference")
    early = run(RUN, config={"training__tuning_run": {"method": "preference"}}, raises=False)
    assert "there is no supervised model of gemini-2.5-flash to go on from: tune one first" in failure(early)
    assert house.seen == []
    launch()
    follow()
    [(parent, _)] = models(database)
    shown = launch(method="preference", beta=0.2)
    assert shown["parent_checkpoint"] == f"{parent}#1"
    follow()
    assert [status for _, status in models(database)] == ["candidate", "candidate"]
    job = house.jobs.get(recorded(database)[1].job_name)
    assert job["preTunedModel"] == {"tunedModelName": parent, "checkpointId": "1"}
    assert job["preferenceOptimizationSpec"]["hyperParameters"]["beta"] == 0.2
    assert launch(method="preference", beta=0.2)["job"] == job["name"]
    other = run(RUN, config={"training__tuning_run": {"method": "preference", "beta": 7}}, raises=False)
    assert "beta must be between 0.01 and 1; got 7" in failure(other)
    unknown = run(RUN, config={"training__tuning_run": {"method": "preference", "parent_model": "x"}}, raises=False)
    assert "no supervised model x to go on from" in failure(unknown)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update cvstomize.models set status = 'retire_required' where name = %s", [parent])
    retired = run(RUN, config={"training__tuning_run": {"method": "preference"}}, raises=False)
    assert "no supervised model" in failure(retired)
    assert house.count("tune_create") == 2


@pytest.mark.parametrize(
    ("operation", "kind"), [("tune_create", "limited_by_document"), ("tune_list", "limited_by_header")]
)
def test_a_busy_service_is_asked_again_after_its_delay(
    house: VertexStandIn, database: Database, operation: Any, kind: Any
) -> None:
    small_dataset(database)
    house.faults.add(operation, kind, times=2, retry_delay_seconds=0.2)
    assert launch()["state"] == "JOB_STATE_QUEUED"
    assert house.count("tune_create") == (3 if operation == "tune_create" else 1)
    assert list(follow().values()) == ["JOB_STATE_SUCCEEDED"]
    assert len(models(database)) == 1


@pytest.mark.parametrize("kind", ["internal", "garbage", "lost_answer"])
def test_a_create_whose_answer_is_lost_is_looked_for_and_not_sent_again_at_once(
    house: VertexStandIn, database: Database, kind: Any
) -> None:
    small_dataset(database)
    house.faults.add("tune_create", kind)
    house.faults.add("tune_list", "late", delay_seconds=0)
    house.faults.add("tune_list", "unavailable")  # the second look fails too
    assert launch()["state"] == "CREATING"
    created = kind != "internal"
    assert list(follow().values()) == ["JOB_STATE_SUCCEEDED" if created else "CREATING"]
    assert house.count("tune_create") == 1
    later(database, minutes=11)  # the create has settled: whoever is not listed by now was never made
    assert set(follow().values()) <= {"JOB_STATE_SUCCEEDED"}
    assert house.count("tune_create") == (1 if created else 2)
    assert [run.state for run in recorded(database)] == ["JOB_STATE_SUCCEEDED"]


def test_a_night_plans_and_launches_only_what_costs_nothing_or_was_asked_for(
    house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_dataset(database)
    job = dg.define_asset_job(NIGHTLY, selection=dg.AssetSelection.assets(RUN), executor_def=dg.in_process_executor)
    night = dg.Definitions(assets=ASSETS, jobs=[job], resources={"moment": RunMoment(as_of=AS_OF.isoformat())})

    def shown() -> dict[str, Any]:
        return metadata(night.resolve_job_def(NIGHTLY).execute_in_process(), RUN)

    with monkeypatch.context() as real:
        real.delenv("VERTEX_BASE_URL")  # Google itself, which a night must not ask for a job
        real.setenv("VERTEX_TUNING_LOCATION", "us-central1")
        real.setenv("VERTEX_TUNING_BUDGET_USD", "0")
        planned = shown()
        assert "launch_supervised_tuning" in planned["skipped"]
        assert planned["estimated_cost_usd"] > 0
        assert not VertexSettings().launches_at_night
        real.setenv("VERTEX_TUNING_NIGHTLY", "true")
        assert VertexSettings().launches_at_night
        over = night.resolve_job_def(NIGHTLY).execute_in_process(raise_on_error=False)
        assert "VERTEX_TUNING_BUDGET_USD is 0" in failure(over)  # asked for, the ceiling holds at night too
    assert recorded(database) == []
    assert shown()["state"] == "JOB_STATE_QUEUED"


def test_a_run_stays_where_it_was_launched_when_the_location_changes(
    house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_dataset(database)
    monkeypatch.setenv("VERTEX_TUNING_LOCATION", "us-central1")
    name = launch()["job"]
    monkeypatch.setenv("VERTEX_TUNING_LOCATION", "europe-west4")
    assert launch()["job"] == name
    assert list(follow().values()) == ["JOB_STATE_SUCCEEDED"]
    assert house.count("tune_create") == 1
    assert {path.split("/locations/")[1].split("/")[0] for _, path in house.seen} == {"us-central1"}


def test_a_refusal_is_recorded_and_can_be_tried_again(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "forbidden")
    assert "Vertex refused the tuning job (403)" in failure(run(RUN, raises=False))
    assert [run.state for run in recorded(database)] == ["FAILED_REFUSED"]
    assert isinstance(asked_by_sensor(), dg.SkipReason)
    assert launch()["state"] == "JOB_STATE_QUEUED"


def test_a_cancel_that_nobody_heard_is_sent_again(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "never_ends")
    launch()
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update cvstomize.tuning_runs set created_at = now() - interval '25 hours'")
    house.faults.add("tune_cancel", "internal")
    follow(1)
    assert recorded(database)[0].finished_at is None
    assert list(follow(1).values()) == ["OVERDUE"]
    assert house.count("tune_cancel") == 2


def test_a_cancelled_and_a_vanished_job_end_the_run(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "never_ends")
    name = launch()["job"]
    house.jobs.cancel(name)
    assert list(follow().values()) == ["JOB_STATE_CANCELLED"]
    launch(epoch_count=2)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update cvstomize.tuning_runs set job_name = job_name || '0' where finished_at is null")
    assert list(follow(1).values()) == ["FAILED_JOB_NOT_FOUND"]
    assert models(database) == []


def test_dropped_examples_fail_the_asset_and_name_the_run(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    house.faults.add("tune_create", "drops_examples")
    launch()
    asked = run(MODEL, raises=False)
    [ended] = recorded(database)
    assert f"dropped or truncated examples of run {ended.run_hash}" in failure(asked)
    assert ended.details["dropped_examples"] == 1
    assert [status for _, status in models(database)] == ["retire_required"]
    assert run(MODEL).success  # said once; the record stays


def test_the_bill_is_held_against_the_estimate(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    shown = launch()
    table = metadata(run(MODEL), MODEL)["runs"]
    [ended] = recorded(database)
    assert ended.details["billed_over_estimate"] is False
    assert 0 < ended.details["billed_tokens"] <= ended.details["estimated_tokens"] == shown["estimated_tokens"]
    assert table.records[0].data["bill"] == "within the estimate"
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute(
            "update cvstomize.tuning_runs set finished_at = null, details = details || '{\"estimated_tokens\": 7}'"
        )
    assert metadata(run(MODEL), MODEL)["runs"].records[0].data["bill"] == "ABOVE THE ESTIMATE"


def test_a_run_that_costs_all_of_the_budget_is_launched_and_a_cent_more_is_not(
    house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_dataset(database)
    cost = round(launch(dry_run=True, epoch_count=20, base_model="gemini-2.5-pro")["estimated_cost_usd"], 2)
    wish = {"training__tuning_run": {"epoch_count": 20, "base_model": "gemini-2.5-pro"}}
    monkeypatch.setenv("VERTEX_TUNING_BUDGET_USD", f"{cost - 0.01:.2f}")
    assert f"the run would cost about {cost}" in failure(run(RUN, config=wish, raises=False))
    assert house.seen == []
    monkeypatch.setenv("VERTEX_TUNING_BUDGET_USD", f"{cost:.2f}")
    assert metadata(run(RUN, config=wish), RUN)["state"] == "JOB_STATE_QUEUED"


def test_two_processes_never_create_at_once(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    with database.connect("PIPELINE_DATABASE_URL") as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.defs.training.runs.BUSY_SECONDS", 0.1)
        patch.setattr("pipelines.lib.training.locks.WAIT_SECONDS", 0.2)
        with only_here(other, LAUNCH_LOCK):
            assert not run(RUN, raises=False).success
            assert "another run is at it" in metadata(run(MODEL), MODEL)["skipped"]
        with only_here(other, TRACK_LOCK):
            assert isinstance(asked_by_sensor(), dg.SkipReason)
    assert house.count("tune_create") == 0
    assert launch()["state"] == "JOB_STATE_QUEUED"


def test_a_run_whose_process_died_is_ended_by_the_sensor(house: VertexStandIn, database: Database) -> None:
    small_dataset(database)
    launch()
    with dg.DagsterInstance.ephemeral() as instance, pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.defs.training.runs.GRACE_SECONDS", -60)
        dead = dg.DagsterRun(job_name=TRACK_JOB, run_id=str(new_id()), status=dg.DagsterRunStatus.STARTED)
        instance.add_run(dead)
        asked = asked_by_sensor(instance)
        assert isinstance(asked, dg.SensorResult)
        found = instance.get_run_by_id(dead.run_id)
        assert found is not None
        assert found.status == dg.DagsterRunStatus.FAILURE
