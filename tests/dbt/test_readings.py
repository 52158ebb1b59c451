"""A thousand odd applications, read by SQL and by a second reading in Python written from docs/marts.md."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.compiled import build_all
from tests.dbt.support.load import load_postgres
from tests.dbt.support.odd import CUT, END, add_odd_applications, add_rates
from tests.dbt.support.world import Row, World

pytestmark = pytest.mark.timeout(200)
PER_YEAR = {"year": 1, "month": 12, "week": 52, "day": 260, "hour": 2080}


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
    world = World()
    add_rates(world)
    add_odd_applications(world, 1000, seed=5)
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
