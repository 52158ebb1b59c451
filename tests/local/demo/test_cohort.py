"""The cohort: seeded, complete, and with the truth it claims."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.demo.cohort import CAP_DAYS, _happen, make_person, true_incidence, vocabulary
from local.demo.cohort_loader import TABLES, load_cohort
from local.demo.cohort_rows import person_rows
from tests.support.databases import Database

NOW = datetime(2026, 6, 1, tzinfo=UTC)
VERSIONS = dict.fromkeys(("product", "outcome_research", "training"), ("1", "0" * 64))


def test_the_same_seed_makes_the_same_person() -> None:
    assert make_person(5, 1, NOW) == make_person(5, 1, NOW)
    assert make_person(5, 1, NOW) != make_person(5, 2, NOW)


@pytest.mark.parametrize("framing", ["neutral", "structured", "steady"])
def test_what_happens_has_the_incidence_that_is_claimed(framing: str) -> None:
    import random

    rng = random.Random(7)
    lives = [_happen(rng, framing) for _ in range(20_000)]
    share = sum(bool(life) and life[0].kind == "interview" and life[0].day <= 60 for life in lives) / len(lives)
    assert share == pytest.approx(true_incidence(framing, 60), abs=0.012)  # 3.5 standard errors
    assert all(life[0].day <= CAP_DAYS for life in lives if life)


def test_all_ways_of_reporting_and_several_currencies_occur() -> None:
    people = [make_person(number, 1, NOW) for number in range(400)]
    assert {person.reporter for person in people} == set(vocabulary()["reporting"])
    assert {application.region for person in people for application in person.applications} == set(
        vocabulary()["regions"]
    )
    assert any(person.withdrawn for person in people)
    silent = [person for person in people if person.reporter == "silent"]
    assert not any(application.reports for person in silent for application in person.applications)
    good = [r.kind for p in people if p.reporter == "good_news_only" for a in p.applications for r in a.reports]
    assert set(good) <= {"applied", "interview", "offer", "accepted"}


def test_resumes_are_long_enough_to_be_taught() -> None:
    rows = person_rows(make_person(3, 1, NOW), 1, VERSIONS)
    words = [len(version["body_markdown"].split()) for version in rows["resume_versions"]]
    assert all(count >= 250 for count in words)


def test_loading_twice_adds_nobody(database: Database) -> None:
    done: list[int] = []
    url = database.app_url.replace("postgresql+psycopg", "postgresql")
    assert load_cohort(url, 30, 1, datetime.now(UTC), done.append) == 30
    assert load_cohort(url, 30, 1, datetime.now(UTC), done.append) == 0
    assert load_cohort(url, 35, 1, datetime.now(UTC), done.append) == 5
    with database.connect() as connection:
        for table in TABLES:
            (count,) = connection.execute(f"select count(*) from cvstomize.{table}").fetchone() or (0,)
            assert count > 0, table
