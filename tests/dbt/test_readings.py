"""A thousand odd applications, read by SQL and by a second reading in Python written from docs/marts.md.

Events before time zero and in the future, equal moments, taken back and reported again, contradicting each other, dates
without a moment, leap days, changes of summer time, pay of every kind.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.compiled import build_all
from tests.dbt.support.load import load_postgres
from tests.dbt.support.world import AS_OF, SOURCE_CUT, Row, World

pytestmark = pytest.mark.timeout(200)
CUT = datetime.fromisoformat(AS_OF)
END = min(CUT, datetime.fromisoformat(SOURCE_CUT))
KINDS = ("applied", "interview", "offer", "accepted", "rejected", "withdrawn", "no_answer_yet")
STARTS = (
    datetime(2024, 2, 28, 23, 59, 59, 999999, UTC),  # the next day is a leap day
    datetime(2026, 3, 28, 22, 30, tzinfo=UTC),  # summer time begins in Europe
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # and ends
    datetime(2026, 5, 29, 12, tzinfo=UTC),  # 180 days before the end of follow-up
    END,
)
SHIFTS = (-400, -1, 0, 0, 1, 5, 5, 30, 60, 90, 179, 180, 181, 2000)
AMOUNTS = ("0.01", "25.5", "4000", "90000", "999999999999.99")
PER_YEAR = {"year": 1, "month": 12, "week": 52, "day": 260, "hour": 2080}


def odd_world(applications: int, seed: int) -> World:
    """One person an application, so that nothing hides behind a sum."""
    source = random.Random(seed)
    world = World()
    for month in range(1, 13):
        world.add("exchange_rates", exchange_rate_id=f"EUR-{month}", currency="EUR", month=date(2026, month, 1),
                  usd_per_unit=Decimal("1.08"), is_sample=False, loaded_at=STARTS[1])  # fmt: skip
    for number in range(applications):
        resume, person = f"r{number:04d}", f"Ünï-{number} 𝒳"
        created = source.choice(STARTS)
        ids = {"resume_id": resume, "person_key": person}
        world.add("people", person_key=person, registered_at=created, training_granted=False)
        world.add("resumes", **ids, framing_used="neutral", pdf_template="classic", language="en",
                  provider="composer", degraded=False, viewed_count=0, shared_count=0, downloaded_count=0,
                  created_at=created, first_downloaded_at=source.choice((None, created, created + timedelta(days=3),
                  CUT + timedelta(days=1))))  # fmt: skip
        if source.random() < 0.5:
            answered = created + timedelta(days=source.choice(SHIFTS))
            world.add("check_ins", **ids, check_in_id=resume, day=14, due_at=created, sent_at=created,
                      answered_at=source.choice((None, answered)), created_at=created)  # fmt: skip
        for event in range(source.randrange(7)):
            kind = source.choice((*KINDS, "retracted"))
            moment = created + timedelta(days=source.choice(SHIFTS), seconds=source.choice((0, 0, 1, 40_000)))
            pay = kind in ("offer", "accepted") and source.random() < 0.8
            world.add(
                "outcome_events", **ids, outcome_event_id=f"{resume}-{event}", kind=kind,
                retracts=source.choice(KINDS) if kind == "retracted" else None,
                occurred_at=None if source.random() < 0.2 else moment,
                recorded_at=source.choice((created, created, moment, END, CUT, CUT + timedelta(microseconds=1))),
                salary_amount=Decimal(source.choice(AMOUNTS)) if pay else None,
                salary_currency=source.choice(("USD", "EUR", "JPY")) if pay else None,
                salary_period=source.choice(tuple(PER_YEAR)) if pay else None,
                salary_basis=source.choice((None, "gross", "net")) if pay else None,
                full_time_share=source.choice((None, Decimal("0.5"), Decimal("0.001"))) if pay else None,
                source="report",
            )  # fmt: skip
    return world


def reading(world: World, resume: Row) -> dict[str, Any]:
    """What docs/marts.md says about one application."""
    events = [row for row in world.rows["outcome_events"] if row["resume_id"] == resume["resume_id"]]
    known = sorted(
        (row for row in events if row["recorded_at"] <= CUT),
        key=lambda row: (row["recorded_at"], row["outcome_event_id"]),
    )
    newest = {row["retracts"] or row["kind"]: row for row in known}
    held = {kind: row for kind, row in newest.items() if row["kind"] != "retracted"}
    moments = {kind: row["occurred_at"] or row["recorded_at"] for kind, row in held.items()}
    download = resume["first_downloaded_at"]
    if "applied" in moments:
        zero, zero_source = moments["applied"], "applied_at"
    elif download and download <= CUT:
        zero, zero_source = download, "first_download"
    else:
        zero, zero_source = resume["created_at"], "creation"
    days = {kind: (moment.date() - zero.date()).days for kind, moment in moments.items() if moment <= END}
    follow_up = (END.date() - zero.date()).days
    offered = [days[kind] for kind in ("offer", "accepted") if kind in days]
    interviews = [*offered, *([days["interview"]] if "interview" in days else [])]
    interview, offer = min(interviews, default=None), min(offered, default=None)
    competing = min((days[kind] for kind in ("rejected", "withdrawn") if kind in days), default=None)
    implied = interview is not None and days.get("interview") != interview
    excluded = None
    if zero > END:
        excluded = "applied_after_follow_up"
    elif interview is not None and interview < 0 and not implied:
        excluded = "interview_before_application"
    elif offer is not None and offer < 0:
        excluded = "offer_before_application"
    elif days.get("rejected", 0) < 0:
        excluded = "rejection_before_application"
    elif days.get("withdrawn", 0) < 0:
        excluded = "withdrawal_before_application"
    if interview is not None and (competing is None or interview <= competing):
        kind, exit_day = "interview", interview
    elif competing is not None:
        kind = "rejected" if days.get("rejected") == competing else "withdrawn"
        exit_day = competing
    else:
        kind, exit_day = "open", follow_up
    status, pay = pay_of(held, offer, zero)
    return {
        "time_zero": zero,
        "time_zero_source": zero_source,
        "follow_up_days": follow_up,
        "excluded_reason": excluded,
        "exit_kind": kind,
        "exit_day": None if excluded else exit_day,
        "interview_day": interview,
        "days_to_interview": None if excluded else interview,
        "offer_day": offer,
        "rejected_day": days.get("rejected"),
        "pay_status": status,
        "yearly_pay_usd": pay,
    }


def pay_of(held: dict[str, Row], offer: int | None, zero: datetime) -> tuple[str, Decimal | None]:
    """Yearly gross full-time pay in dollars, or why there is none."""
    if offer is None:
        return "no_offer", None
    named = [held[kind] for kind in ("accepted", "offer") if kind in held and held[kind]["salary_amount"] is not None]
    if not named:
        return "no_amount", None
    row, month = named[0], zero.date() + timedelta(days=offer)
    if row["salary_basis"] == "net":
        return "net_amount", None
    rates = {"USD": Decimal(1), "EUR": Decimal("1.08") if month.year == 2026 else None}
    rate = rates.get(row["salary_currency"])
    if rate is None:
        return "no_exchange_rate", None
    pay = row["salary_amount"] * PER_YEAR[row["salary_period"]] * rate / (row["full_time_share"] or 1)
    if not 10 <= pay <= 100_000_000:
        return "implausible_amount", None
    return "normalised", pay


def test_every_application_is_read_as_the_document_says(postgres_build: PostgresBuild) -> None:
    world = odd_world(1000, seed=5)
    with postgres_build.database.connect() as connection:
        load_postgres(connection, "odd", world)
        build_all(connection, postgres_build.result, "odd")
        cursor = connection.execute("select * from odd.fct_applications order by resume_id")
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor]
        connection.rollback()
    resumes = {row["resume_id"]: row for row in world.rows["resumes"]}
    assert [row["resume_id"] for row in found] == sorted(
        key for key, row in resumes.items() if row["created_at"] <= CUT
    )
    for row in found:
        expected = reading(world, resumes[row["resume_id"]])
        pay = expected.pop("yearly_pay_usd")
        assert {name: row[name] for name in expected} == expected, row["resume_id"]
        assert row["yearly_pay_usd"] == (None if pay is None else pytest.approx(pay, abs=Decimal("0.006")))
    assert len({row["excluded_reason"] for row in found}) == 6
    assert len({row["pay_status"] for row in found}) == 6
