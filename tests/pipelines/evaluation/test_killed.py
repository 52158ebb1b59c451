"""Killed in each phase with SIGKILL, work goes on where it was, and no second job is ever created.

Once with one process a phase, and once (`prove`) with the real daemon, its code server and its run workers.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from local.vertex import VertexStandIn
from pipelines.defs.training.keys import DATASET, EVALUATION, MODEL, ROWS, RUN
from tests.pipelines.evaluation.conftest import FEW_PEOPLE, FEW_ROWS
from tests.pipelines.training.house import metadata, run
from tests.support.databases import Database

PROJECT = Path(__file__).parents[3]
HANGS = {"delay_seconds": 120}
PHASE_SECONDS = 180
pytestmark = pytest.mark.slow


def wait_until(reached: Callable[[], bool], seconds: float, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "the phase was not reached"
        assert process is None or process.poll() is None, "the process ended by itself"
        time.sleep(0.1)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the process and everything it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def states(database: Database) -> list[tuple[str, int]]:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        return connection.execute(
            "select run.state, (select count(*) from cvstomize.models as model where tuning_run_id = run.id"
            " and model.evaluation ? 'verdict')::int from cvstomize.tuning_runs as run order by run.created_at"
        ).fetchall()


def settle(database: Database) -> None:
    """Let ten minutes pass since the create was sent."""
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        connection.execute(
            "update cvstomize.tuning_runs set details = details ||"
            " jsonb_build_object('create_sent_at', (now() - interval '11 minutes')::text)"
        )


def jobs(house: VertexStandIn, database: Database) -> int:
    """How many tuning jobs Vertex has, known to us or not."""
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        [(name,)] = connection.execute("select max(job_name) from cvstomize.tuning_runs").fetchall()
    return len(house.jobs.list(name.partition("/tuningJobs/")[0], "", 100, "")["tuningJobs"])


def work(key: str) -> subprocess.Popen[bytes]:
    """A process of its own that materialises one asset through Dagster."""
    code = f"from tests.pipelines.training.house import run; from pipelines.defs.training import keys; run(keys.{key})"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


# phase: (asset at work, faults in the order of the requests, operation and number of the request it hangs in)
PHASES: dict[str, tuple[str, list[tuple[Any, dict[str, Any]]], tuple[str, int]]] = {
    "before the create": ("RUN", [("tune_list", HANGS)], ("tune_list", 1)),
    "in the create": ("RUN", [("tune_create", HANGS)], ("tune_create", 1)),
    "after the create, before it is recorded": (
        "RUN",
        [("tune_list", {"delay_seconds": 0}), ("tune_list", HANGS)],
        ("tune_list", 2),
    ),
    "while it is followed": ("MODEL", [("tune_get", {"delay_seconds": 0}), ("tune_get", HANGS)], ("tune_get", 2)),
    "in the evaluation": (
        "EVALUATION",
        [("generate", {"delay_seconds": 0, "times": 9}), ("generate", HANGS | {"times": 8})],
        ("generate", 10),
    ),
}


# The phase in which a second job is nearest stands for the rest; all of them run with the full counts.
@pytest.mark.parametrize(
    "phase", [pytest.param(phase, marks=() if phase == "in the create" else pytest.mark.prove) for phase in PHASES]
)
def test_a_killed_process_is_followed_by_one_that_goes_on(house: VertexStandIn, database: Database, phase: str) -> None:
    at_work, faults, (operation, number) = PHASES[phase]
    run(ROWS, DATASET, *{"RUN": (), "MODEL": (RUN,), "EVALUATION": (RUN, MODEL)}[at_work])
    house.seen.clear()
    for faulty, fields in faults:
        house.faults.add(faulty, "late", **fields)
    process = work(at_work)
    wait_until(lambda: house.count(operation) >= number, PHASE_SECONDS, process)
    kill(process)
    house.faults.clear()
    answered = house.count("generate")
    if phase == "in the create":  # it may have arrived or not: a job is looked for, and not created at once
        run(MODEL)
        assert (states(database), house.count("tune_create")) == ([("CREATING", 0)], 1)
        settle(database)
    assert metadata(run(MODEL), MODEL)["synthetic"]
    run(EVALUATION)
    assert states(database) == [("JOB_STATE_SUCCEEDED", 1)]
    assert jobs(house, database) == 1
    if phase == "in the evaluation":
        assert answered >= 10
        # The candidate's answers were kept; the current model's and the judge's both orders are asked for.
        assert house.count("generate") - answered == 3 * FEW_PEOPLE * FEW_ROWS


class Daemon:
    """`dagster-daemon run` on a home of its own, with its code server and its runs in one process group."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        settings = (resources.files("local.stack") / "dagster.yaml").read_text()
        (home / "dagster.yaml").write_text(settings)
        self.environment = os.environ | {"DAGSTER_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "1"}
        self.log = home / "daemon.log"

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", str(PROJECT / "workspace.yaml")],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def dagster(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("dagster")), *arguments, "-w", str(PROJECT / "workspace.yaml")],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]

    def launch(self, epochs: int) -> None:
        config = f'{{"ops": {{"training__tuning_run": {{"config": {{"epoch_count": {epochs}}}}}}}}}'
        self.dagster("job", "launch", "-j", "launch_supervised_tuning", "--config-json", config)


@pytest.mark.prove
@pytest.mark.timeout(1_200)
def test_a_killed_daemon_is_followed_by_one_that_goes_on(
    house: VertexStandIn, database: Database, tmp_path: Path
) -> None:
    run(ROWS, DATASET)
    daemon = Daemon(tmp_path / "dagster")
    daemon.dagster("sensor", "start", "tuning_sensor")
    started = [daemon.start()]

    def kill_and_restart(reached: Callable[[], bool]) -> None:
        wait_until(reached, PHASE_SECONDS, started[-1])
        kill(started[-1])
        house.faults.clear()
        started.append(daemon.start())

    try:
        house.faults.add("tune_list", "late", **HANGS)
        daemon.launch(epochs=1)
        kill_and_restart(lambda: house.count("tune_list") == 1)  # before the create
        assert house.count("tune_create") == 0
        wait_until(lambda: states(database) == [("JOB_STATE_SUCCEEDED", 1)], PHASE_SECONDS, started[-1])

        lists, gets, answers = (house.count(operation) for operation in ("tune_list", "tune_get", "generate"))
        house.faults.add("tune_list", "late", delay_seconds=0)
        house.faults.add("tune_list", "late", **HANGS)
        house.faults.add("tune_get", "late", **HANGS)
        daemon.launch(epochs=2)
        wait_until(lambda: house.count("tune_list") == lists + 2, PHASE_SECONDS, started[-1])
        kill(started[-1])  # after the create, before it is recorded
        assert (house.count("tune_create"), states(database)[1][0]) == (2, "CREATING")
        started.append(daemon.start())
        wait_until(lambda: house.count("tune_get") > gets, PHASE_SECONDS, started[-1])
        kill(started[-1])  # while it is followed
        house.faults.clear()
        house.faults.add("generate", "late", delay_seconds=0, times=3)
        house.faults.add("generate", "late", times=8, **HANGS)
        started.append(daemon.start())
        kill_and_restart(lambda: house.count("generate") > answers + 3)  # in the evaluation
        wait_until(lambda: states(database) == [("JOB_STATE_SUCCEEDED", 1)] * 2, PHASE_SECONDS, started[-1])
    finally:
        kill(started[-1])
    assert jobs(house, database) == house.count("tune_create") == 2
