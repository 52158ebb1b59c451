"""Applications of which every one is odd: the inputs that trackers of similar software are full of.

Events before time zero and in the future, equal moments, taken back and reported again, contradicting each other, dates
without a moment, leap days, changes of summer time, pay of every kind.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tests.dbt.support.world import AS_OF, SOURCE_CUT, World

CUT = datetime.fromisoformat(AS_OF)
END = min(CUT, datetime.fromisoformat(SOURCE_CUT))
PERIODS = ("year", "month", "week", "day", "hour")
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


def add_rates(world: World) -> None:
    """Euros of 2026; nobody knows what a yen is worth."""
    for month in range(1, 13):
        world.add("exchange_rates", exchange_rate_id=f"EUR-{month}", currency="EUR", month=date(2026, month, 1),
                  usd_per_unit=Decimal("1.08"), is_sample=False, loaded_at=STARTS[1])  # fmt: skip


def add_odd_applications(world: World, applications: int, seed: int) -> None:
    """One person an application, so that nothing hides behind a sum."""
    source = random.Random(seed)
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
                salary_period=source.choice(PERIODS) if pay else None,
                salary_basis=source.choice((None, "gross", "net")) if pay else None,
                full_time_share=source.choice((None, Decimal("0.5"), Decimal("0.001"))) if pay else None,
                source="report",
            )  # fmt: skip
