"""The export, killed at any point and with writers all the time: nothing lost, nothing twice."""

import os
import random
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import psycopg
import pytest
from google.cloud import bigquery

from pipelines.lib.export.reconcile import compare_all
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import (
    PURPOSES,
    World,
    assert_equal,
    client,
    export,
    modes,
    world,
)

pytestmark = pytest.mark.slow

__all__ = ["client", "world"]


POINTS = (
    "prepared",
    "snapshot opened",
    "resumes uploaded",
    "traits uploaded",
    "copied",
    "people loaded",
    "resume_versions deletions loaded",
    "loaded",
    "about to merge",
    "merged",
    "objects removed",
    "load tables dropped",
)
KILLED_EXPORT = """
import os, signal, sys
from pipelines.lib.export import milestones
from pipelines.lib.export.export_run import run_export
from pipelines.settings import load_settings
def listen(point):
    if point == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
milestones.listener = listen
run_export(load_settings())
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", [pytest.param(p, marks=() if p == "merged" else pytest.mark.prove) for p in POINTS])
def test_killed_at_any_point_a_plain_run_makes_it_right(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World, point: str
) -> None:
    environment = os.environ | {
        name.upper(): str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
        for name, value in pipeline_settings
        if value is not None
    }
    person = world.add_person()
    export(pipeline_settings)
    world.add_person()
    world.decide(person, "training", granted=False)
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED_EXPORT, point],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -9, (point, killed.stderr[-500:])
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.prove)])
def test_with_concurrent_writers_the_raw_tables_are_the_snapshot_at_every_export(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World, seconds: float
) -> None:
    people = [world.add_person() for _ in range(12)]
    export(pipeline_settings)
    stop, failures = threading.Event(), []

    def write(seed: int) -> None:
        choice = random.Random(seed)
        with database.connect() as connection:
            mine = World(connection)
            while not stop.is_set():
                try:
                    write_once(mine, choice, people)
                    connection.rollback() if choice.random() < 0.2 else connection.commit()
                except psycopg.errors.DeadlockDetected:
                    connection.rollback()
                except Exception as error:
                    failures.append(error)
                    return

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + seconds
    exports = 0
    while time.monotonic() < deadline or exports < 2:
        assert modes(export(pipeline_settings)) == {"incremental"}
        # Column by column; only keys written after the cut, or in flight at it, wait for the next comparison.
        assert [problem for table in compare_all(pipeline_settings) for problem in table.problems] == []
        exports += 1
    stop.set()
    for writer in writers:
        writer.join(timeout=20)
    assert failures == []
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)
    report = export(pipeline_settings, full_refresh=True)
    assert sum(t.rows_inserted + t.rows_updated + t.rows_deleted for t in report.tables) == 0


def write_once(world: World, choice: random.Random, people: list[uuid.UUID]) -> None:
    """One change of a random kind, in the transaction that is open."""
    run, person = world.connection.execute, choice.choice(people)
    kind = choice.choice(("insert", "update", "delete", "reinsert", "savepoint", "consent", "long"))
    row = run("select id from cvstomize.resumes where user_id = %s limit 1", [person]).fetchone()
    if row is None:
        return
    resume = row[0]
    if kind == "insert":
        world.add_person()
    elif kind == "update":
        run("update cvstomize.resumes set viewed_count = viewed_count + 1 where id = %s", [resume])
    elif kind == "consent":
        world.decide(person, choice.choice(PURPOSES[1:]), granted=choice.random() < 0.5)
    elif kind == "savepoint":
        with world.connection.transaction(force_rollback=choice.random() < 0.5):
            run("update cvstomize.resumes set shared_count = shared_count + 1 where id = %s", [resume])
    else:
        event = run(
            "delete from cvstomize.outcome_events where id = (select id from cvstomize.outcome_events"
            " where resume_id = %s limit 1 for update skip locked) returning id",
            [resume],
        ).fetchone()
        if kind != "delete":
            key = event[0] if event else uuid.uuid4()
            run(
                "insert into cvstomize.outcome_events (id, resume_id, kind) values (%s, %s, 'interview')", [key, resume]
            )
        if kind == "long":
            time.sleep(choice.random() * 1.5)
