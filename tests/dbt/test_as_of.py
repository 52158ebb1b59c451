"""Building an earlier day again gives its numbers: what was recorded later is not known then (issue point 7)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.compiled import build_all
from tests.dbt.support.load import load_postgres
from tests.dbt.support.odd import add_odd_applications
from tests.dbt.support.run import DbtResult, postgres_environment, run_dbt
from tests.dbt.support.world import World, make_world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
SCHEMA = "yesterday"
COMPARED = (
    "fct_applications",
    "fct_outcome_events",
    "dim_people",
    "training_examples",
    "time_to_interview",
    "salary_by_trait",
    "framing_outcomes",
    "reporting_bias",
    "funnel",
)
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


def built(build: PostgresBuild, compiled: DbtResult, world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Core models and marts for that moment, in a fixed order."""
    with build.database.connect() as connection:
        load_postgres(connection, SCHEMA, world)
        build_all(connection, compiled, SCHEMA)
        found = {name: sorted(connection.execute(f"select * from {SCHEMA}.{name}"), key=str) for name in COMPARED}
        connection.rollback()
    return found


def test_yesterday_built_today_is_yesterday(postgres_build: PostgresBuild, tmp_path: Path) -> None:
    world = make_world(people=250, seed=3)
    add_odd_applications(world, 100, seed=4)
    compiled = run_dbt(
        "compile",
        environment=postgres_environment(postgres_build.database.pipeline_url),
        folder=tmp_path,
        as_of=THEN.isoformat(),
        variables={"source_schema": "source_world", "source_cut": THEN.isoformat()},
    )
    assert compiled.returncode == 0, compiled.output[-3000:]
    today = built(postgres_build, compiled, world)
    then = built(postgres_build, compiled, as_it_was(world))
    assert len(today["fct_applications"]) > 300
    for name, rows in today.items():
        assert rows == then[name], name
