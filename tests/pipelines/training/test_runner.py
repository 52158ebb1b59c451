"""The assets through Dagster's own runner: rows in Postgres, files in Cloud Storage, a job at the Vertex stand-in."""

import hashlib
import json
from typing import Any

import dagster as dg
import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.keys import DATASET, MODEL, PREFERENCES, ROWS, RUN
from pipelines.defs.training.runs import tuning_sensor
from pipelines.lib.training.registry import explain_row
from pipelines.lib.training.upload import read_back
from pipelines.settings import load_settings
from tests.pipelines.training.house import PEOPLE, decide, failure, metadata, run
from tests.support.databases import Database


@pytest.mark.slow
def test_from_outcomes_to_a_candidate_model(house: VertexStandIn, database: Database) -> None:
    result = run(
        ROWS,
        DATASET,
        RUN,
        MODEL,
        config={"training__tuning_run": {"epoch_count": 2}},
    )
    built, launched = metadata(result, DATASET), metadata(result, RUN)
    assert metadata(result, ROWS)["positives"] == PEOPLE
    assert built["missing"] == ["nothing"]
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    assert launched["synthetic"]
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        files = connection.execute(
            "select name, uri, sha256, size_bytes, row_count from cvstomize.dataset_files"
        ).fetchall()
        assert {file[0] for file in files} == {"train.jsonl", "validation.jsonl", "test.jsonl"}
        assert sum(file[4] for file in files) == built["dagster/row_count"]
        assert all(read_back(load_settings(), uri, sha256, size) is None for _, uri, sha256, size, _ in files)
        assert connection.execute(
            "select state, synthetic, parameters -> 'epoch_count' from cvstomize.tuning_runs"
        ).fetchall() == [("JOB_STATE_SUCCEEDED", True, 2)]
        assert connection.execute("select status, synthetic from cvstomize.models").fetchall() == [("candidate", True)]
        [row] = connection.execute("select row_sha256, person_key from core.dataset_lineage limit 1").fetchall()
        assert explain_row(connection, row[0][:12])[0]["person_key"] == row[1]


@pytest.mark.slow
def test_the_same_inputs_give_the_same_dataset_and_the_same_job(house: VertexStandIn) -> None:
    first = run(ROWS, DATASET, RUN)
    second = run(ROWS, DATASET, RUN)
    assert metadata(first, DATASET)["manifest_sha256"] == metadata(second, DATASET)["manifest_sha256"]
    assert metadata(first, RUN)["job"] == metadata(second, RUN)["job"]
    assert house.count("tune_create") == 1


@pytest.mark.slow
def test_too_few_outcomes_stay_green_and_say_what_is_missing(house: VertexStandIn, database: Database) -> None:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update core.training_examples set interview_day = null where person_key like '%0'")
        connection.execute("delete from core.training_examples where resume_id > 'resume-40'")
    result = run(ROWS, DATASET, RUN)
    assert any("more train rows are needed" in reason for reason in metadata(result, DATASET)["missing"])
    assert "no dataset is uploaded yet" in metadata(result, RUN)["skipped"]
    assert house.seen == []


@pytest.mark.slow
def test_the_command_says_where_a_row_came_from(house: VertexStandIn, database: Database) -> None:
    from typer.testing import CliRunner

    from cli.explain_row import app

    run(ROWS, DATASET)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        row, person = connection.execute(  # type: ignore[misc]
            "select row_sha256, person_key from core.dataset_lineage order by 1 limit 1"
        ).fetchone()
    found = CliRunner().invoke(app, [row[:16].upper()])
    assert found.exit_code == 0, found.output
    assert f"row {row} person {person} resume resume-{person.removeprefix('person-')}-0" in found.output
    assert CliRunner().invoke(app, ["0" * 64]).exit_code == 1
    assert CliRunner().invoke(app, ["50%"]).exit_code == 2


def test_too_few_pairs_stay_green_and_say_what_is_missing(house: VertexStandIn) -> None:
    found = metadata(run(ROWS, PREFERENCES), PREFERENCES)
    assert found["uri"] == "not uploaded"
    assert any("more train rows are needed" in reason for reason in found["missing"])


def test_without_vertex_the_run_says_so(house: VertexStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VERTEX_BASE_URL")
    monkeypatch.delenv("VERTEX_TUNING_LOCATION", raising=False)
    assert "not configured" in metadata(run(RUN, MODEL), RUN)["skipped"]


@pytest.mark.slow
def test_withdrawn_consent_revokes_the_dataset_and_the_next_one_is_without_that_person(
    house: VertexStandIn, database: Database
) -> None:
    first = metadata(run(ROWS, DATASET, RUN, MODEL, config={"training__tuned_model": {"polls": 5}}), DATASET)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        [(person,)] = connection.execute(
            "select person_key from core.dataset_lineage where file_name = 'train.jsonl' order by 1 limit 1"
        ).fetchall()
    with database.connect() as connection:
        decide(connection, person, "training", granted=False)
    stale = run(ROWS, DATASET, raises=False)
    assert "1 people withdrew since the rows were read" in failure(stale)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("delete from core.training_examples where person_key = %s", [person])
    second = metadata(run(ROWS, DATASET), DATASET)
    assert second["manifest_sha256"] != first["manifest_sha256"]
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        statuses = dict(connection.execute("select manifest_sha256, status from cvstomize.datasets").fetchall())
        assert statuses == {first["manifest_sha256"]: "revoked", second["manifest_sha256"]: "uploaded"}
        files = connection.execute(
            "select d.status, f.uri, f.sha256, f.size_bytes from cvstomize.datasets d"
            " join cvstomize.dataset_files f on f.dataset_id = d.id"
        ).fetchall()
        for status, uri, sha256, size in files:
            problem = read_back(load_settings(), uri, sha256, size)
            assert (problem is None) == (status == "uploaded"), (status, problem)
        left = connection.execute(
            "select count(*) from core.dataset_lineage where person_key = %s", [person]
        ).fetchone()
        assert left == (0,)
        models = connection.execute(
            "select status, evaluation ->> 'retireBy' = ((now() at time zone 'UTC')::date + 30)::text"
            " from cvstomize.models"
        ).fetchall()
        assert models == [("retire_required", True)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcome", "state", "model"),
    [
        ("fails", "JOB_STATE_FAILED", None),
        ("partially_succeeds", "JOB_STATE_PARTIALLY_SUCCEEDED", "retire_required"),
        ("pauses", "JOB_STATE_PAUSED", None),
        ("expires", "JOB_STATE_EXPIRED", None),
        ("drops_examples", "FAILED_EXAMPLES_DROPPED", "retire_required"),
        ("never_ends", "JOB_STATE_RUNNING", None),
        ("lost_answer", "JOB_STATE_SUCCEEDED", "candidate"),
        ("duplicate", "JOB_STATE_SUCCEEDED", "candidate"),
    ],
)
def test_each_end_of_a_job_is_recorded(
    house: VertexStandIn, database: Database, outcome: Any, state: str, model: str | None
) -> None:
    house.faults.add("tune_create", outcome)
    run(ROWS, DATASET, RUN, MODEL, config={"training__tuned_model": {"polls": 5}}, raises=outcome != "drops_examples")
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        [(recorded, finished, dropped)] = connection.execute(
            "select state, finished_at is not null, details -> 'dropped_examples' from cvstomize.tuning_runs"
        ).fetchall()
        assert recorded == state
        assert finished == (outcome != "never_ends")
        assert bool(dropped) == (outcome == "drops_examples")
        found = connection.execute("select status from cvstomize.models").fetchall()
        assert found == ([(model,)] if model else [])
    assert house.count("tune_create") == 1
    assert house.count("tune_cancel") == (1 if outcome == "duplicate" else 0)


@pytest.mark.slow
def test_a_job_past_its_deadline_is_cancelled(house: VertexStandIn, database: Database) -> None:
    house.faults.add("tune_create", "never_ends")
    run(ROWS, DATASET, RUN)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute("update cvstomize.tuning_runs set created_at = now() - interval '25 hours'")
    run(MODEL)
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert connection.execute("select state from cvstomize.tuning_runs").fetchall() == [("OVERDUE",)]
    assert house.count("tune_cancel") == 1


@pytest.mark.slow
def test_a_run_that_is_refused_says_which_values_are_allowed(house: VertexStandIn) -> None:
    run(ROWS, DATASET)
    refused = run(RUN, config={"training__tuning_run": {"epoch_count": 99, "adapter_size": 3}}, raises=False)
    assert "epoch_count must be between 1 and 20; got 99" in failure(refused)
    assert "adapter_size must be one of 1, 2, 4, 8, 16; got 3" in failure(refused)
    assert house.seen == []


@pytest.mark.slow
def test_budget_dry_run_and_changed_files_stop_before_the_call(
    house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(ROWS, DATASET)
    dry = metadata(run(RUN, config={"training__tuning_run": {"dry_run": True}}), RUN)
    assert dry["skipped"].startswith("dry run")
    assert dry["estimated_cost_usd"] > 0
    monkeypatch.setenv("VERTEX_TUNING_BUDGET_USD", "0.01")
    assert "VERTEX_TUNING_BUDGET_USD is 0.01" in failure(run(RUN, raises=False))
    monkeypatch.delenv("VERTEX_TUNING_BUDGET_USD")
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        wrong = hashlib.sha256(b"other").hexdigest()
        connection.execute("update cvstomize.dataset_files set sha256 = %s where name = 'train.jsonl'", [wrong])
    assert "holds other bytes than recorded" in failure(run(RUN, raises=False))
    assert house.seen == []
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert connection.execute("select count(*) from cvstomize.tuning_runs").fetchone() == (0,)


@pytest.mark.slow
def test_a_service_that_is_down_leaves_the_run_to_the_next_look(house: VertexStandIn, database: Database) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(tuning_sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)
        run(ROWS, DATASET, RUN)
        asked = tuning_sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(asked, dg.SensorResult)
    assert len(asked.run_requests or []) == 1
    house.faults.add("tune_get", "unavailable", times=2)
    states = metadata(run(MODEL, config={"training__tuned_model": {"polls": 2}}), MODEL)["states"]
    assert list(states.values()) == ["JOB_STATE_QUEUED"]
    states = metadata(run(MODEL, config={"training__tuned_model": {"polls": 5}}), MODEL)["states"]
    assert list(states.values()) == ["JOB_STATE_SUCCEEDED"]
    assert json.loads(json.dumps(states)) == states
