"""Made-up cohorts whose truth is known, through the SQL of the models: do intervals and tests keep what they promise?

Figures are those before rounding. People differ (frailty), so their applications hang together, and an interval that
forgot the person would be too short.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.compiled import build_in, compiled_sql

SCHEMA = "simulation"
REDUCED = [pytest.mark.slow, pytest.mark.timeout(200)]
PROVE = [pytest.mark.prove, pytest.mark.timeout(3600)]
FRAILTIES = (0.5, 1.0, 2.0)
INTERVIEW, COMPETING = 0.008, 0.010  # daily hazards
SPELLS = (
    "resume_id text, person_key text, answered int, asked int, day bigint, ending int, cell bigint, framing_drawn text,"
    " pdf_template text, openness_band text, conscientiousness_band text, extraversion_band text,"
    " agreeableness_band text, neuroticism_band text, job_family text, seniority text, provider text, model text,"
    " model_drawn text"
)
CHAIN = (
    "int_incidence_counts",
    "int_incidence_curves",
    "int_incidence_horizons",
    "int_incidence_influence",
    "int_incidence_person_groups",
    "int_incidence_application_groups",
    "int_incidence_people",
    "int_time_to_interview",
)


def truth(horizon: int) -> float:
    """The incidence by the end of that day, over people of all frailties."""
    by_frailty = [
        INTERVIEW * frailty / (INTERVIEW * frailty + COMPETING)
        * (1 - math.exp(-(INTERVIEW * frailty + COMPETING) * (horizon + 1)))
        for frailty in FRAILTIES
    ]  # fmt: skip
    return sum(by_frailty) / len(by_frailty)


def spell(source: random.Random, frailty: float) -> tuple[int, int]:
    """Day and ending of one application; follow-up ends by chance."""
    interview, competing = source.expovariate(INTERVIEW * frailty), source.expovariate(COMPETING)
    day, follow_up = int(min(interview, competing)), source.randrange(20, 181)
    if day > follow_up:
        return follow_up, 0
    return day, 1 if interview <= competing else 2


def spell_rows(draws: int, people: int, seed: int, *, good_news: bool = False) -> Iterator[tuple[Any, ...]]:
    """The spells of `draws` cells; the number of the draw stands where the job family does."""
    source = random.Random(seed)
    for draw in range(draws):
        for person in range(people):
            frailty = source.choice(FRAILTIES)
            endings = [spell(source, frailty) for _ in range(source.randrange(1, 5))]
            heard = any(ending == 1 for _, ending in endings)
            answered = not good_news or source.random() < (0.8 if heard else 0.5)
            for number, (day, ending) in enumerate(endings):
                seen_day, seen = (day, ending) if answered else (max(day, source.randrange(20, 181)), 0)
                key = f"{people}-{draw}-{person}"
                row = (f"{key}-{number}", key, int(answered), 1, seen_day, seen, 3 * seen_day + seen)
                yield (*row, *[None] * 7, f"{people}-{draw}", None, None, None, None)


@pytest.fixture
def connection(postgres_build: PostgresBuild) -> Iterator[psycopg.Connection[Any]]:
    with postgres_build.database.connect() as opened:
        opened.execute(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
        yield opened
        opened.rollback()


def incidences(
    connection: psycopg.Connection[Any], build: PostgresBuild, rows: Iterator[tuple[Any, ...]]
) -> dict[tuple[str, int], tuple[float, float, float, float]]:
    """By draw and horizon: incidence, its interval, and the figure with silence counted as none."""
    connection.execute(f"create unlogged table {SCHEMA}.int_incidence_spells ({SPELLS})")
    with connection.cursor().copy(f"copy {SCHEMA}.int_incidence_spells from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(f"analyze {SCHEMA}.int_incidence_spells")
    connection.execute("set local work_mem = '96MB'; set local enable_mergejoin = off")
    build_in(connection, build.result, SCHEMA, ["int_incidence_spells"], CHAIN)
    found = connection.execute(
        f"select group_value, horizon_days, incidence, lower_95, upper_95, incidence_lower_bound"
        f" from {SCHEMA}.int_time_to_interview where group_by = 'job_family'"
    ).fetchall()
    return {(row[0], row[1]): row[2:] for row in found}


@pytest.mark.parametrize(
    ("draws", "least", "most"),
    [
        pytest.param(100, 0.89, 1.0, marks=REDUCED, id="100 draws"),
        pytest.param(1000, 0.93, 0.97, marks=PROVE, id="1000 draws"),
    ],
)
@pytest.mark.parametrize("people", [50, 200])
def test_intervals_cover_the_truth(
    connection: psycopg.Connection[Any],
    postgres_build: PostgresBuild,
    people: int,
    draws: int,
    least: float,
    most: float,
) -> None:
    found = incidences(connection, postgres_build, spell_rows(draws, people, seed=people))
    for horizon in (30, 60, 90):
        covered = [low <= truth(horizon) <= high for (_, day), (_, low, high, _) in found.items() if day == horizon]
        assert len(covered) == draws
        share = sum(covered) / draws
        print(f"{people} people, day {horizon}: {share:.3f}")
        assert least <= share <= most, (people, horizon, share)


def test_with_volunteered_good_news_the_truth_lies_between(
    connection: psycopg.Connection[Any], postgres_build: PostgresBuild
) -> None:
    """Who has an interview answers more often: the main figure is too high, the one with silence as none too low."""
    found = incidences(connection, postgres_build, spell_rows(1, 3000, seed=5, good_news=True))
    for horizon in (14, 30, 60, 90):
        main, _, _, with_silent = found["3000-0", horizon]
        assert with_silent < truth(horizon) < main


FRAMINGS = ("neutral", "inventive", "structured", "energetic", "collaborative", "steady")
APPLICATIONS = (
    "person_key text, framing_drawn text, framing_overridden boolean, answered_scheduled_check_in boolean,"
    " asked_by_check_in boolean, framing_probability double precision, follow_up_days bigint, excluded_reason text,"
    " interview_day bigint, offer_day bigint, rejected_day bigint, withdrawn_day bigint, last_answer_day bigint"
)


def experiment(
    connection: psycopg.Connection[Any], build: PostgresBuild, source: random.Random, people: int, effect: float
) -> dict[str, dict[str, Any]]:
    """One experiment of about `people` in each arm, with a framing that moves the share by `effect`: its figures."""
    connection.execute(f"truncate {SCHEMA}.int_published_applications")
    with connection.cursor().copy(f"copy {SCHEMA}.int_published_applications from stdin") as copy:
        for person in range(people * 3):
            tendency = source.choice((-0.1, 0.1))
            for _ in range(2):
                framing = source.choice(FRAMINGS)
                share = 0.35 + tendency + (effect if framing == "structured" else 0.0)
                day = source.randrange(1, 60) if source.random() < share else None
                copy.write_row((f"p{person}", framing, False, True, True, 1 / 6, 200, None, day, None, None, None, 120))
    text = compiled_sql(build.result, "int_framing_outcomes")
    build_in(connection, build.result, SCHEMA, ["int_published_applications"], ["int_framing_people"])
    cursor = connection.execute(text.replace('"staging"."int_framing_people"', f'"{SCHEMA}"."int_framing_people"'))
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return {row["framing"]: row for row in rows if row["population"] == "answered" and row["outcome"] == "interview"}


@pytest.mark.parametrize(
    ("people", "draws", "flagged", "detected", "covered"),
    [
        pytest.param(200, 40, 0.25, (0.55, 0.98), (0.8, 1.0), marks=REDUCED, id="40 draws"),
        *(
            pytest.param(people, 1000, 0.12, (0.75, 0.85), (0.93, 0.97), marks=PROVE, id=f"{people} people, 1000 draws")
            for people in (50, 200)
        ),
    ],
)
def test_what_a_cell_could_detect_is_detected_and_chance_rarely_is(
    connection: psycopg.Connection[Any],
    postgres_build: PostgresBuild,
    people: int,
    draws: int,
    flagged: float,
    detected: tuple[float, float],
    covered: tuple[float, float],
) -> None:
    connection.execute(f"create unlogged table {SCHEMA}.int_published_applications ({APPLICATIONS})")
    counts: dict[str, float] = defaultdict(float)
    source = random.Random(11)
    detectable = []
    for _ in range(draws):
        null = experiment(connection, postgres_build, source, people, 0.0)
        counts["flagged"] += any((row["adjusted_p"] or 1.0) <= 0.10 for row in null.values())
        detectable.append(null["structured"]["smallest_detectable"])
    effect = sum(detectable) / draws
    for _ in range(draws):
        found = experiment(connection, postgres_build, source, people, effect)["structured"]
        counts["detected"] += found["p_value"] <= 0.05
        counts["covered"] += abs(found["difference"] - effect) <= 1.959964 * found["difference_standard_error"]
    shares = {name: count / draws for name, count in counts.items()}
    print(shares, f"smallest detectable {effect:.3f}")
    assert shares["flagged"] <= flagged
    assert detected[0] <= shares["detected"] <= detected[1]
    assert covered[0] <= shares["covered"] <= covered[1]


OFFERS = (
    "person_key text, job_family text, pay_status text, exchange_rate_is_sample boolean, residual double precision,"
    " openness_band text, conscientiousness_band text, extraversion_band text, agreeableness_band text,"
    " neuroticism_band text"
)


@pytest.mark.parametrize(
    ("draws", "least", "most"),
    [
        pytest.param(100, 0.87, 1.0, marks=REDUCED, id="100 draws"),
        pytest.param(1000, 0.93, 0.97, marks=PROVE, id="1000 draws"),
    ],
)
@pytest.mark.parametrize("people", [50, 200])
def test_intervals_of_pay_cover_the_true_median(
    connection: psycopg.Connection[Any],
    postgres_build: PostgresBuild,
    people: int,
    draws: int,
    least: float,
    most: float,
) -> None:
    source = random.Random(people)
    connection.execute(f"create unlogged table {SCHEMA}.int_pay_residuals ({OFFERS})")
    with connection.cursor().copy(f"copy {SCHEMA}.int_pay_residuals from stdin") as copy:
        for draw, person in itertools.product(range(draws), range(people)):
            residual = source.lognormvariate(0, 0.5) - 1  # skewed, with median 0
            copy.write_row((f"{draw}-{person}", str(draw), "normalised", False, residual, *["middle"] * 5))
    build_in(connection, postgres_build.result, SCHEMA, ["int_pay_residuals"], ["int_salary_by_trait"])
    found = connection.execute(
        f"select lower_95, upper_95 from {SCHEMA}.int_salary_by_trait where trait = 'openness' and job_family <> 'all'"
    ).fetchall()
    assert len(found) == draws
    share = sum(low <= 0 <= high for low, high in found) / draws
    print(f"{people} people: {share:.3f}")
    assert least <= share <= most
