"""Building an earlier day again gives its numbers: what was recorded later is not known then (issue point 7)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.support.load import load_postgres
from tests.dbt.support.run import postgres_environment, run_dbt
from tests.dbt.support.world import World, make_world
from tests.support.databases import Database, fresh_database
from tests.support.shared_stack import SharedStack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
THEN = datetime(2026, 9, 18, 12, tzinfo=UTC)
# When a row became known. Tables without a moment of their own are known from the start.
KNOWN_AT = {
    "people": "registered_at",
    "traits": "recorded_at",
    "job_ads": "created_at",
    "framing_draws": "drawn_at",
    "resumes": "created_at",
    "resume_versions": "created_at",
    "outcome_events": "recorded_at",
    "check_ins": "sent_at",
}


def as_it_was(world: World) -> World:
    """The sources at that moment: later rows absent, later answers and downloads not yet there."""
    earlier = copy.deepcopy(world)
    for table, column in KNOWN_AT.items():
        earlier.rows[table] = [row for row in earlier.rows[table] if row[column] <= THEN]
    for table, column in (("check_ins", "answered_at"), ("resumes", "first_downloaded_at")):
        for row in earlier.rows[table]:
            if row[column] and row[column] > THEN:
                row[column] = None
    return earlier


def built(database: Database, world: World, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Core models and marts for that moment, in a fixed order."""
    with database.connect() as connection:
        load_postgres(connection, "source_then", world)
    result = run_dbt(
        "build",
        "--resource-type=model",
        "--resource-type=seed",
        environment=postgres_environment(database.pipeline_url),
        folder=folder,
        as_of=THEN.isoformat(),
        variables={"source_schema": "source_then", "source_cut": THEN.isoformat()},
    )
    assert result.returncode == 0, result.output[-3000:]
    relations = ("core.fct_applications", "core.dim_people", "core.training_examples", "marts.time_to_interview")
    more = ("marts.salary_by_trait", "marts.framing_outcomes", "marts.reporting_bias", "marts.funnel")
    with database.connect() as connection:
        return {name: sorted(connection.execute(f"select * from {name}"), key=str) for name in relations + more}


def test_yesterday_built_today_is_yesterday(postgres_only: SharedStack, run_root: Path, tmp_path: Path) -> None:
    world = make_world(people=250, seed=3)
    with fresh_database(postgres_only, run_root, "test_dbt_as_of") as database:
        today = built(database, world, tmp_path / "today")
        then = built(database, as_it_was(world), tmp_path / "then")
    assert len(today["core.fct_applications"]) > 300
    for name, rows in today.items():
        assert rows == then[name], name
