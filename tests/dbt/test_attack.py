"""An attacker who knows everybody's pay but one person's, and reads the mart (issue: disclosure control).

The attacker knows the distribution pay comes from, so without the mart the best guess is the value around which 5 %
hold the most chance. With the mart, candidates for the last salary that would have published something else are ruled
out. For each world the chance of being right is computed exactly, over all values the last salary could have, instead
of by drawing one: the figure is the expectation, and the attacker the best there can be.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import date
from typing import Any

import psycopg
import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.compiled import build_in

TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
BANDS = ("low", "middle", "high")
SPREAD = 0.25  # standard deviation of log pay among comparable offers
STEP = math.log(1.05) / 2
CANDIDATES = [STEP * number for number in range(-26, 27)]
WITHIN = math.log(1.05) + 1e-9
SCHEMA = "attack"
COLUMNS = (
    "resume_id text, person_key text, job_family text, seniority text, region text, offer boolean, offer_on date,"
    " pay_status text, exchange_rate_is_sample boolean, yearly_pay_usd numeric(18, 2), "
    + ", ".join(f"{trait}_band text" for trait in TRAITS)
)


def chance(value: float) -> float:
    """Density of a log pay, up to a constant."""
    return math.exp(-(value**2) / (2 * SPREAD**2))


def best_guess(weights: dict[float, float]) -> float:
    """The most chance that lies within 5 % of one guess."""
    return max(
        sum(weight for value, weight in weights.items() if low - 1e-9 <= value <= low + 2 * WITHIN) for low in weights
    )


def people_of(world: int) -> list[tuple[float, tuple[str, ...]]]:
    """Log pay and bands of a world's people, the last of whom is unknown. At most three bands a trait."""
    source = random.Random(world)
    size = source.randrange(32, 150)
    shares = [source.choice(((1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.3, 0.4, 0.3))) for _ in TRAITS]
    return [(source.gauss(0, SPREAD), tuple(source.choices(BANDS, share)[0] for share in shares)) for _ in range(size)]


def excess_chances(connection: psycopg.Connection[Any], build: PostgresBuild, worlds: range) -> list[float]:
    """By world: how much more often the attacker is right with the mart than without."""
    connection.execute(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
    connection.execute(f"create unlogged table {SCHEMA}.int_published_applications ({COLUMNS})")
    with connection.cursor().copy(f"copy {SCHEMA}.int_published_applications from stdin") as copy:
        for world in worlds:
            people = people_of(world)
            for number, candidate in enumerate(CANDIDATES):
                family = f"w{world}-{number}"
                for person, (log_pay, bands) in enumerate(people):
                    pay = 80_000 * math.exp(candidate if person == len(people) - 1 else log_pay)
                    key = f"{family}-{person}"
                    row = (key, key, family, "senior", "us", True, date(2026, 6, 1), "normalised", False, f"{pay:.2f}")
                    copy.write_row((*row, *bands))
    connection.execute(f"analyze {SCHEMA}.int_published_applications")
    build_in(
        connection,
        build.result,
        SCHEMA,
        ["int_published_applications"],
        ["int_pay_residuals", "int_salary_by_trait", "salary_by_trait"],
    )
    published: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in connection.execute(
        f"select job_family, * from {SCHEMA}.salary_by_trait where status = 'published'"
        " order by job_family, trait, band"
    ):
        family = row[0]
        published[family].append(tuple(value for value in row[1:] if value != family))
    prior = {candidate: chance(candidate) for candidate in CANDIDATES}
    found = []
    for world in worlds:
        seen: dict[tuple[Any, ...], dict[float, float]] = defaultdict(dict)
        for number, candidate in enumerate(CANDIDATES):
            seen[tuple(published[f"w{world}-{number}"])][candidate] = prior[candidate]
        with_mart = sum(best_guess(weights) for weights in seen.values())
        found.append((with_mart - best_guess(prior)) / sum(prior.values()))
    return found


@pytest.mark.parametrize(
    "worlds",
    [
        pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(200)], id="20 worlds"),
        pytest.param(1000, marks=[pytest.mark.prove, pytest.mark.timeout(3600)], id="1000 worlds"),
    ],
)
def test_the_mart_hardly_helps_to_find_the_last_salary(postgres_build: PostgresBuild, worlds: int) -> None:
    excess: list[float] = []
    with postgres_build.database.connect() as connection:
        for first in range(0, worlds, 20):
            excess += excess_chances(connection, postgres_build, range(first, min(first + 20, worlds)))
    assert len(excess) == worlds
    print(f"mean excess {sum(excess) / worlds:.3f}, largest {max(excess):.3f}")
    assert sum(excess) / worlds <= 0.10
