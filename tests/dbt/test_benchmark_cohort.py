"""The rows that benchmarks/marts.py makes fit the models: a column added to an export view must be added there too."""

from __future__ import annotations

import pytest

from benchmarks.marts import COHORT
from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.compiled import build_all


@pytest.mark.slow
def test_every_model_can_be_built_from_the_cohort_of_the_benchmark(postgres_build: PostgresBuild) -> None:
    with postgres_build.database.connect() as connection:
        connection.execute(COHORT.read_text(encoding="utf-8").replace("{applications}", "2000").encode())
        build_all(connection, postgres_build.result, "bench_source")
        (people,) = connection.execute(
            "select people from bench_source.time_to_interview where group_by = 'overall' and horizon_days = 60"
        ).fetchall()
        connection.rollback()
    assert people[0] > 100
