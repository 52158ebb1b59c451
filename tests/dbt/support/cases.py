"""Hand-made applications whose right reading is known, added to the cohort."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.dbt.support.world import World

APPLIED = datetime(2026, 5, 1, 10, tzinfo=UTC)


def day(number: int) -> datetime:
    """A moment that many days after the application."""
    return APPLIED + timedelta(days=number)


# Resume id: the events (kind, occurred, recorded, more columns) after `applied` on day 0.
CASES: dict[str, list[tuple[str, datetime | None, datetime, dict[str, Any]]]] = {
    "case-open": [],
    "case-interview": [("interview", day(20), day(21), {})],
    "case-undated": [("interview", None, day(25), {})],
    "case-retracted": [("interview", day(5), day(6), {}), ("retracted", None, day(7), {"retracts": "interview"})],
    "case-reported-again": [
        ("interview", day(5), day(6), {}),
        ("retracted", None, day(7), {"retracts": "interview"}),
        ("interview", day(9), day(10), {}),
    ],
    "case-replaced": [("interview", day(5), day(6), {}), ("interview", day(12), day(13), {})],
    "case-rejected-first": [("rejected", day(10), day(10), {}), ("interview", day(30), day(30), {})],
    "case-same-day": [("rejected", day(10), day(10), {}), ("interview", day(10), day(10), {})],
    "case-before": [("interview", day(-3), day(1), {})],
    "case-future": [("interview", datetime(2027, 1, 5, tzinfo=UTC), day(40), {})],
    "case-late-record": [("interview", day(10), datetime(2026, 12, 2, tzinfo=UTC), {})],
    "case-offer-only": [
        (
            "offer",
            day(33),
            day(33),
            {"salary_amount": 5000, "salary_currency": "EUR", "salary_period": "month", "full_time_share": "0.5"},
        )
    ],
    "case-net": [
        (
            "offer",
            day(33),
            day(33),
            {"salary_amount": 50, "salary_currency": "USD", "salary_period": "hour", "salary_basis": "net"},
        )
    ],
    "case-no-rate": [
        ("offer", day(33), day(33), {"salary_amount": 900000, "salary_currency": "JPY", "salary_period": "month"})
    ],
    "case-hourly": [
        ("offer", day(33), day(33), {"salary_amount": "25.50", "salary_currency": "USD", "salary_period": "hour"})
    ],
    "case-midnight": [("interview", datetime(2026, 5, 3, 23, 59, 59, tzinfo=UTC), day(4), {})],
}


def add_cases(world: World) -> None:
    """One person and one resume per case, applied on the same day, none with a check-in."""
    for resume, events in CASES.items():
        person = f"person-{resume}"
        world.add("people", person_key=person, registered_at=day(-10), training_granted=False)
        world.add(
            "resumes",
            resume_id=resume,
            person_key=person,
            framing_used="neutral",
            pdf_template="classic",
            page_size="A4",
            language="en",
            provider="composer",
            prompt_version="1",
            degraded=False,
            current_version=1,
            viewed_count=0,
            shared_count=0,
            downloaded_count=0,
            first_downloaded_at=day(-2),
            created_at=day(-5),
        )
        for number, (kind, occurred, recorded, more) in enumerate([("applied", APPLIED, day(0), {}), *events]):
            world.add(
                "outcome_events",
                outcome_event_id=f"{resume}-{number}",
                resume_id=resume,
                person_key=person,
                kind=kind,
                occurred_at=occurred,
                recorded_at=recorded,
                source="report",
                **more,
            )
