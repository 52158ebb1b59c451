"""Every fault of Vertex at every step of a retirement, and a kill in each: the next run ends it, and nothing is left.

Through Dagster's own runner. In `make test` five faults meet a step each; with the full counts every fault meets every
step, and the kills come.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from local.vertex import VertexStandIn
from local.vertex.faults import Kind
from pipelines.defs.training.retirement import retire_models
from pipelines.lib.training import model_removal
from tests.cli.test_model import add_model, statuses
from tests.pipelines.training.synthetic import record
from tests.support.databases import Database

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[3]

STEPS = (
    "look at the endpoint",
    "undeploy the model",
    "look whether it is off",
    "delete the endpoint",
    "look whether the endpoint is gone",
    "look at the model",
    "delete the model",
    "look whether the model is gone",
)
"""The requests of a retirement, in their order."""
FAULTS: tuple[Kind, ...] = (
    "rate_limited",
    "unavailable",
    "internal",
    "forbidden",
    "refuses",
    "lost_answer",
    "garbage",
    "wrong_shape",
    "empty_object",
    "slow",
    "late",
)
DELETION = STEPS.index("delete the model")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [record(1)]


def go() -> dg.ExecuteInProcessResult:
    return retire_models.execute_in_process(raise_on_error=False)


def let_the_pause_pass(connection: psycopg.Connection) -> None:
    connection.execute(
        "update cvstomize.models set evaluation = jsonb_set(evaluation, '{retirement,nextAttemptAt}',"
        " to_jsonb((now() - interval '1 minute')::text)) where evaluation #> '{retirement,nextAttemptAt}' is not null"
    )


def left_on(vertex: VertexStandIn) -> list[str]:
    everything = vertex.jobs.everything()
    return [item["name"] for kind in ("models", "endpoints") for item in everything[kind]]


def cases(*, every: bool) -> list[tuple[Kind, int]]:
    if every:
        return [(kind, step) for kind in FAULTS for step in range(len(STEPS))]
    # The faults that answer and lie, in the steps in which a lie does most harm.
    return [("slow", DELETION), ("lost_answer", DELETION), ("empty_object", 0), ("garbage", 3), ("rate_limited", 1)]


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_a_fault_in_any_step_is_noted_and_the_next_run_ends_it(
    house: VertexStandIn, database: Database, monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    monkeypatch.setattr(model_removal, "CALL_SECONDS", 0.5)
    for number, (kind, step) in enumerate(cases(every=every), start=1):
        with database.connect("PIPELINE_DATABASE_URL") as connection:
            add_model(connection, number, house, status="arm", dataset="revoked")
        house.faults.clear()
        house.faults.add("models", "late", times=step, delay_seconds=0)
        house.faults.add("models", kind, delay_seconds=1)
        result = go()
        where = f"{kind} at step {step}: {STEPS[step]}"
        assert result.success, where
        assert not house.faults.in_force(), f"not reached: {where}"
        with database.connect("PIPELINE_DATABASE_URL") as connection:
            [(status, note)] = connection.execute(
                "select status, evaluation -> 'retirement' from cvstomize.models where name like %s", [f"%/{number}@1"]
            ).fetchall()
            assert status == "retired" or (status == "retire_required" and note["error"]), where
            let_the_pause_pass(connection)
        house.faults.clear()
        assert go().success, where
        assert left_on(house) == [], where
        with database.connect("PIPELINE_DATABASE_URL") as connection:
            assert statuses(connection)[f"{number}@1"][0] == "retired", where


@pytest.mark.prove  # ten seconds a step; tests/pipelines/evaluation/test_killed.py kills in other phases
@pytest.mark.parametrize("step", range(len(STEPS)))
def test_killed_in_any_step_the_next_run_goes_on(house: VertexStandIn, database: Database, step: int) -> None:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        add_model(connection, 1, house, status="arm", dataset="revoked")
    house.seen.clear()
    house.faults.add("models", "late", times=step, delay_seconds=0)
    house.faults.add("models", "late", delay_seconds=120)
    code = "from pipelines.defs.training.retirement import retire_models; retire_models.execute_in_process()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while house.count("models") <= step:
        assert time.monotonic() < deadline, "the step was not reached"
        assert process.poll() is None, "the process ended by itself"
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    house.faults.clear()
    assert go().success
    assert left_on(house) == []
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert [status for status, _ in statuses(connection).values()] == ["retired"]


def test_a_version_that_cannot_go_alone_is_refused_until_the_whole_model_goes(
    house: VertexStandIn, database: Database
) -> None:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        add_model(connection, 1, house, status="arm", dataset="revoked")
        add_model(connection, 2, status="candidate")
        connection.execute("update cvstomize.models set name = replace(name, '/2@1', '/1@2') where name like '%%/2@1'")
    assert go().success
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        assert {name: status for name, (status, _) in statuses(connection).items()} == {
            "1@1": "retire_required",
            "1@2": "candidate",
        }
        [(note,)] = connection.execute(
            "select evaluation #>> '{retirement,error}' from cvstomize.models where name like '%%1@1'"
        ).fetchall()
        assert "default version" in note
        connection.execute("update cvstomize.models set status = 'retire_required' where name like '%%1@2'")
        let_the_pause_pass(connection)
    assert go().success
    assert left_on(house) == []
