"""Worlds at the edge: nobody at all, one person, everybody on day 0, everybody waiting, cells just below the limits.

Each is built from the SQL that dbt compiled, in the server, in a fraction of the time that dbt takes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.compiled import build_all
from tests.dbt.support.load import load_postgres
from tests.dbt.support.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
SCHEMA = "edge"
APPLIED = datetime(2026, 3, 1, 10, tzinfo=UTC)
MARTS = ("time_to_interview", "salary_by_trait", "framing_outcomes", "funnel", "reporting_bias", "engagement")
Event = tuple[str, int, dict[str, Any]]
Rows = list[dict[str, Any]]
Build = Callable[[World], Callable[[str], Rows]]


@pytest.fixture
def build(postgres_build: PostgresBuild) -> Iterator[Build]:
    with postgres_build.database.connect() as connection:

        def build_world(world: World) -> Callable[[str], Rows]:
            load_postgres(connection, SCHEMA, world)
            build_all(connection, postgres_build.result, SCHEMA)

            def rows(query: str) -> Rows:
                cursor: psycopg.Cursor[Any] = connection.execute(query.replace("{schema}", SCHEMA).encode())
                names = [column.name for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor]

            return rows

        yield build_world
        connection.rollback()


def add_person(world: World, person: int, applications: list[list[Event]], *, answered: bool = True) -> None:
    """A person with one application per list of events; days count from the application."""
    key = f"person-{person}"
    world.add("people", person_key=key, registered_at=APPLIED - timedelta(days=2), training_granted=False)
    for number, events in enumerate(applications):
        resume = f"{key}-{number}"
        ids = {"resume_id": resume, "person_key": key}
        world.add("job_ads", job_ad_id=f"ad-{resume}", person_key=key, job_family="data", seniority="senior",
                  region="us", created_at=APPLIED)  # fmt: skip
        world.add("framing_draws", framing_draw_id=f"draw-{resume}", person_key=key, job_ad_id=f"ad-{resume}",
                  framing=("neutral", "steady")[(person + number) % 2], named_by_person=False,
                  probability=Decimal("0.5"), policy_version="1", drawn_at=APPLIED)  # fmt: skip
        world.add("resumes", **ids, job_ad_id=f"ad-{resume}", framing_draw_id=f"draw-{resume}", framing_used="neutral",
                  pdf_template="modern", language="en", provider="composer", degraded=False, viewed_count=0,
                  shared_count=0, downloaded_count=1, created_at=APPLIED)  # fmt: skip
        sent = APPLIED + timedelta(days=14)
        world.add("check_ins", **ids, check_in_id=f"c-{resume}", day=14, due_at=sent, sent_at=sent,
                  answered_at=sent + timedelta(days=100) if answered else None, created_at=APPLIED)  # fmt: skip
        for index, (kind, day, more) in enumerate([("applied", 0, {}), *events]):
            moment = APPLIED + timedelta(days=day)
            world.add("outcome_events", **ids, outcome_event_id=f"{resume}-{index}", kind=kind, occurred_at=moment,
                      recorded_at=moment, source="report", **more)  # fmt: skip


def many(people: int, events: list[Event], applications: int = 1) -> World:
    """A world in which the same happens to everybody."""
    world = World()
    for person in range(people):
        add_person(world, person, [events] * applications)
    return world


def test_a_world_without_anybody_gives_marts_that_list_their_groups_as_withheld(build: Build) -> None:
    rows = build(World())
    for mart in MARTS:
        found = rows(f"select * from {{schema}}.{mart}")
        assert found
        assert {row["status"] for row in found} == {"withheld"}


def test_one_person_is_never_shown(build: Build) -> None:
    rows = build(many(1, [("interview", 5, {})], applications=40))
    for mart in MARTS:
        assert {row["status"] for row in rows(f"select * from {{schema}}.{mart}")} == {"withheld"}


@pytest.mark.parametrize(("people", "status"), [(9, "withheld"), (10, "published")])
def test_ten_people_make_a_cell(build: Build, people: int, status: str) -> None:
    rows = build(many(people, [("interview", 95, {})], applications=3))
    (overall,) = rows("select * from {schema}.time_to_interview where group_by = 'overall' and horizon_days = 90")
    assert overall["status"] == status
    assert overall["people"] == (10 if status == "published" else None)


def test_everybody_waiting_gives_zero_with_an_upper_end(build: Build) -> None:
    rows = build(many(20, []))
    for row in rows("select * from {schema}.int_time_to_interview where group_by = 'overall'"):
        assert (row["incidence"], row["lower_95"], row["days_to_half"]) == (0.0, 0.0, None)
        assert row["upper_95"] == pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-9)
    (shown,) = rows("select * from {schema}.time_to_interview where group_by = 'overall' and horizon_days = 60")
    assert (shown["incidence"], shown["half_status"]) == (0, "not_reached")


def test_everybody_on_day_0_gives_one_with_a_lower_end(build: Build) -> None:
    rows = build(many(23, [("interview", 0, {})], applications=2))
    for row in rows("select * from {schema}.int_time_to_interview where group_by = 'overall'"):
        assert (row["incidence"], row["upper_95"], row["days_to_half"]) == (1.0, 1.0, 0)
        assert row["lower_95"] == pytest.approx(0.025 ** (1 / 20), rel=1e-9)  # 23 people are published as 20
        assert row["area_to_day_90"] == pytest.approx(90.0)
    for row in rows("select * from {schema}.int_framing_outcomes where outcome = 'interview'"):
        assert row["incidence"] == 1.0
        assert row["p_value"] is None  # without spread there is nothing to test
    for row in rows("select * from {schema}.framing_outcomes where outcome = 'interview' and status = 'published'"):
        assert (row["incidence"], row["lower_95"], row["upper_95"]) == (1, Decimal("0.75"), 1)  # not surely everybody


def test_ties_at_the_day_of_censoring_and_of_competing_ends(build: Build) -> None:
    world = World()
    endings: list[list[Event]] = [[("interview", 30, {})], [("rejected", 30, {})], [("withdrawn", 30, {})], []]
    for person, events in enumerate(itertools.islice(itertools.cycle(endings), 40)):
        add_person(world, person, [events])
    (row,) = build(world)(
        "select * from {schema}.int_time_to_interview where group_by = 'overall' and horizon_days = 30"
    )
    assert row["incidence"] == pytest.approx(0.25, rel=1e-12)


def offers(people: int, currency: str, amount: str, period: str, *, rate: str | None, sample: bool = False) -> World:
    """Everybody gets the same offer in one currency."""
    pay = {"salary_amount": Decimal(amount), "salary_currency": currency, "salary_period": period}
    world = many(people, [("interview", 5, {}), ("offer", 20, pay)])
    if rate is not None:
        world.add("exchange_rates", exchange_rate_id="1", currency=currency, month=APPLIED.date().replace(day=1),
                  usd_per_unit=Decimal(rate), is_sample=sample, loaded_at=APPLIED)  # fmt: skip
    return world


@pytest.mark.parametrize(
    ("currency", "amount", "period", "rate", "status", "yearly"),
    [
        ("JPY", "500000", "month", "0.0065", "normalised", "39000.00"),  # no minor unit
        ("IDR", "240000000", "year", "0.000061", "normalised", "14640.00"),
        ("KWD", "12.5", "hour", "3.25", "normalised", "84500.00"),
        ("EUR", "60000", "year", None, "no_exchange_rate", None),
        ("USD", "300", "day", None, "normalised", "78000.00"),
        ("IDR", "0.01", "year", "0.000061", "implausible_amount", None),  # rounds to no money, which has no logarithm
        ("KWD", "999999999999.99", "hour", "3.25", "implausible_amount", None),  # more than the column holds
    ],
)
def test_pay_in_any_currency(
    build: Build, currency: str, amount: str, period: str, rate: str | None, status: str, yearly: str | None
) -> None:
    rows = build(offers(31, currency, amount, period, rate=rate, sample=True))
    found = rows("select distinct pay_status, yearly_pay_usd from {schema}.fct_applications")
    assert found == [{"pay_status": status, "yearly_pay_usd": Decimal(yearly) if yearly else None}]
    exact = rows("select * from {schema}.int_salary_by_trait where job_family = 'all' and trait = 'openness'")
    assert [row["people_pay_unusable"] for row in exact] == [0 if yearly else 31]
    assert [row["people_sample_rate"] for row in exact] == [31 if rate and yearly else 0]


@pytest.mark.parametrize(("people", "status"), [(29, "withheld"), (30, "published")])
def test_thirty_people_make_a_pay_cell_and_equal_pay_is_no_difference(build: Build, people: int, status: str) -> None:
    rows = build(offers(people, "USD", "90000", "year", rate=None))
    (row,) = rows(
        "select * from {schema}.salary_by_trait where job_family = 'all' and trait = 'openness' and band = 'unknown'"
    )
    assert row["status"] == status
    assert row["pay_ratio"] == (1 if status == "published" else None)


def test_people_with_many_applications_count_once(build: Build) -> None:
    world = World()
    add_person(world, 0, [[("interview", 3, {})]] * 200)
    for person in range(1, 12):
        add_person(world, person, [[("rejected", 9, {})]])
    rows = build(world)
    (exact,) = rows("select * from {schema}.int_stage_shares where group_by = 'overall' and stage = 'interview'")
    assert (exact["people"], exact["applications"]) == (12, 211)
    assert exact["upper_95"] - exact["lower_95"] > 0.1  # as many as 211 independent ones would be far surer
