"""A seeded cohort in the shape of the `export` views, for both warehouses.

Known truth: the framing drawn moves the daily hazard of an interview, trait bands move pay. Some people never answer a
check-in, some only report good news, some reports have no date, some are taken back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32

MODELS_DRAWN = (None, "gemini-2.5-flash", "projects/p/locations/us-central1/endpoints/7")
FRAMINGS = ("neutral", "inventive", "structured", "energetic", "collaborative", "steady")
FAMILIES = ("software_engineering", "data", "design", "marketing")
SENIORITIES = ("junior", "senior")
REGIONS = ("us", "de")
TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
CURRENCY_RATES = {"EUR": Decimal("1.08"), "GBP": Decimal("1.27"), "IDR": Decimal("0.000061"), "USD": Decimal(1)}
AS_OF = "2026-12-01T00:00:00Z"
SOURCE_CUT = "2026-11-25T12:00:00Z"
FIRST_DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)

# Column name and portable type of every source table, in the order of the export views.
SOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "people": (
        ("person_key", "text"),
        ("registered_at", "timestamptz"),
        ("training_granted", "boolean"),
        ("training_policy_version", "text"),
    ),
    "traits": (
        ("trait_score_id", "text"),
        ("person_key", "text"),
        ("trait", "text"),
        ("score", "numeric(4,3)"),
        ("standard_error", "numeric(4,3)"),
        ("item_count", "bigint"),
        ("source", "text"),
        ("recorded_at", "timestamptz"),
    ),
    "job_ads": (
        ("job_ad_id", "text"),
        ("person_key", "text"),
        ("job_family", "text"),
        ("seniority", "text"),
        ("region", "text"),
        ("body_text", "text"),
        ("analysis", "text"),
        ("created_at", "timestamptz"),
    ),
    "framing_draws": (
        ("framing_draw_id", "text"),
        ("person_key", "text"),
        ("job_ad_id", "text"),
        ("framing", "text"),
        ("named_by_person", "boolean"),
        ("probabilities", "text"),
        ("probability", "numeric(10,9)"),
        ("policy_version", "text"),
        ("drawn_at", "timestamptz"),
        ("model_drawn", "text"),
        ("model_probability", "numeric(10,9)"),
    ),
    "resumes": (
        ("resume_id", "text"),
        ("person_key", "text"),
        ("job_ad_id", "text"),
        ("framing_draw_id", "text"),
        ("framing_used", "text"),
        ("pdf_template", "text"),
        ("page_size", "text"),
        ("language", "text"),
        ("provider", "text"),
        ("model", "text"),
        ("prompt_version", "text"),
        ("degraded", "boolean"),
        ("current_version", "bigint"),
        ("viewed_count", "bigint"),
        ("shared_count", "bigint"),
        ("downloaded_count", "bigint"),
        ("first_downloaded_at", "timestamptz"),
        ("last_viewed_at", "timestamptz"),
        ("created_at", "timestamptz"),
    ),
    "resume_versions": (
        ("resume_version_id", "text"),
        ("resume_id", "text"),
        ("person_key", "text"),
        ("version", "bigint"),
        ("body_markdown", "text"),
        ("content", "text"),
        ("profile_facts", "text"),
        ("trait_bands", "text"),
        ("source", "text"),
        ("training_eligible", "boolean"),
        ("created_at", "timestamptz"),
        ("former_person_keys", "text"),
    ),
    "outcome_events": (
        ("outcome_event_id", "text"),
        ("resume_id", "text"),
        ("person_key", "text"),
        ("kind", "text"),
        ("retracts", "text"),
        ("occurred_at", "timestamptz"),
        ("salary_amount", "numeric(14,2)"),
        ("salary_currency", "text"),
        ("salary_period", "text"),
        ("salary_basis", "text"),
        ("full_time_share", "numeric(4,3)"),
        ("source", "text"),
        ("check_in_id", "text"),
        ("recorded_at", "timestamptz"),
    ),
    "check_ins": (
        ("check_in_id", "text"),
        ("resume_id", "text"),
        ("person_key", "text"),
        ("day", "bigint"),
        ("due_at", "timestamptz"),
        ("sent_at", "timestamptz"),
        ("answered_at", "timestamptz"),
        ("created_at", "timestamptz"),
    ),
    "exchange_rates": (
        ("exchange_rate_id", "text"),
        ("currency", "text"),
        ("month", "date"),
        ("usd_per_unit", "numeric(20,12)"),
        ("is_sample", "boolean"),
        ("loaded_at", "timestamptz"),
    ),
}

Row = dict[str, Any]


@dataclass
class World:
    """Rows per source table. `add` fills the columns that a row does not name with NULL."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in SOURCES})

    def add(self, table: str, **values: Any) -> Row:
        columns = [column for column, _ in SOURCES[table]]
        unknown = sorted(set(values) - set(columns))
        if unknown:
            raise ValueError(f"{table} has no columns {unknown}")
        row = {column: values.get(column) for column in columns}
        self.rows[table].append(row)
        return row


def make_world(people: int = 400, seed: int = 1) -> World:
    """The cohort. `people` persons with one to four applications each."""
    source = random.Random(seed)
    world = World()
    for month in range(1, 13):
        for currency, rate in CURRENCY_RATES.items():
            if currency != "USD":
                first = date(2026, month, 1)
                world.add(
                    "exchange_rates",
                    exchange_rate_id=f"{currency}-{first:%Y-%m}",
                    currency=currency,
                    month=first,
                    usd_per_unit=rate,
                    is_sample=currency == "IDR",
                    loaded_at=FIRST_DAY,
                )
    for number in range(people):
        add_person(world, source, number)
    return world


def add_person(world: World, source: random.Random, number: int) -> None:
    """One person with traits, applications, check-ins and reports."""
    person = f"p{number:06d}"
    registered = FIRST_DAY + timedelta(days=source.randrange(180), minutes=source.randrange(600))
    trains = source.random() < 0.6
    answers = source.random() < 0.6
    only_good_news = not answers and source.random() < 0.5
    world.add(
        "people",
        person_key=person,
        registered_at=registered,
        training_granted=trains,
        training_policy_version="2026-01" if trains else None,
    )
    scores = {trait: Decimal(source.randrange(4, 21)) / 4 for trait in TRAITS}
    for trait, score in scores.items():
        world.add(
            "traits",
            trait_score_id=f"{person}-{trait}-1",
            person_key=person,
            trait=trait,
            score=score,
            standard_error=Decimal("0.5"),
            item_count=2,
            source="self_report",
            recorded_at=registered + timedelta(minutes=5),
        )
    if source.random() < 0.1:
        world.add(
            "traits",
            trait_score_id=f"{person}-openness-2",
            person_key=person,
            trait="openness",
            score=Decimal("1.5"),
            standard_error=None,
            item_count=0,
            source="edited",
            recorded_at=registered + timedelta(days=20),
        )
    for application in range(source.randrange(1, 5)):
        add_application(world, source, f"{person}-{application}", person, registered, scores, answers, only_good_news)


def add_application(
    world: World,
    source: random.Random,
    resume: str,
    person: str,
    registered: datetime,
    scores: dict[str, Decimal],
    answers: bool,
    only_good_news: bool,
) -> None:
    """One resume with its draw, documents, check-ins and outcome."""
    trains = world.rows["people"][-1]["training_granted"]
    created = registered + timedelta(days=source.randrange(60), hours=1)
    family, seniority, region = source.choice(FAMILIES), source.choice(SENIORITIES), source.choice(REGIONS)
    world.add(
        "job_ads",
        job_ad_id=f"ad-{resume}",
        person_key=person,
        job_family=family,
        seniority=seniority,
        region=region,
        body_text=f"We look for {family}" if trains else None,
        analysis='{"keywords": ["SQL"]}' if trains else None,
        created_at=created,
    )
    named = source.random() < 0.05
    framing = source.choice(FRAMINGS)
    world.add(
        "framing_draws",
        framing_draw_id=f"draw-{resume}",
        person_key=person,
        job_ad_id=f"ad-{resume}",
        framing=framing,
        named_by_person=named,
        probabilities=None,
        probability=None if named else Decimal("0.166666667"),
        policy_version="uniform-1",
        drawn_at=created,
        model_drawn=(model_drawn := MODELS_DRAWN[crc32(resume.encode()) % 3]),
        model_probability=Decimal("0.5") if model_drawn else None,
    )
    vertex = source.random() < 0.5
    world.add(
        "resumes",
        resume_id=resume,
        person_key=person,
        job_ad_id=f"ad-{resume}",
        framing_draw_id=f"draw-{resume}",
        framing_used="neutral" if source.random() < 0.1 else framing,
        pdf_template=source.choice(("classic", "modern", "minimal")),
        page_size="A4",
        language="en",
        provider="vertex" if vertex else "composer",
        model="gemini-2.5-flash" if vertex else None,
        prompt_version="1",
        degraded=False,
        current_version=2,
        viewed_count=source.randrange(4),
        shared_count=source.randrange(2),
        downloaded_count=source.randrange(3),
        first_downloaded_at=created + timedelta(hours=2) if source.random() < 0.8 else None,
        created_at=created,
    )
    if trains:
        for version in (1, 2):
            world.add(
                "resume_versions",
                resume_version_id=f"{resume}-v{version}",
                resume_id=resume,
                person_key=person,
                version=version,
                body_markdown=f"## Summary\n\nVersion {version} for {family}",
                content='{"summary": "text"}',
                profile_facts='{"work": []}',
                trait_bands='{"openness": "high"}',
                source="generated" if version == 1 else "edited",
                training_eligible=source.random() < 0.9,
                created_at=created + timedelta(minutes=version),
            )
    add_outcome(world, source, resume, person, created, framing, family, scores, answers, only_good_news)


def add_outcome(
    world: World,
    source: random.Random,
    resume: str,
    person: str,
    created: datetime,
    framing: str,
    family: str,
    scores: dict[str, Decimal],
    answers: bool,
    only_good_news: bool,
) -> None:
    """Check-ins and events up to the source cut."""
    cut = datetime.fromisoformat(SOURCE_CUT)
    number = 0

    def report(kind: str, occurred: datetime | None, recorded: datetime, **values: Any) -> None:
        nonlocal number
        number += 1
        if recorded <= cut:
            world.add(
                "outcome_events",
                outcome_event_id=f"{resume}-e{number}",
                resume_id=resume,
                person_key=person,
                kind=kind,
                occurred_at=occurred,
                recorded_at=recorded,
                source=values.pop("source", "report"),
                **values,
            )

    applied = created + timedelta(days=source.randrange(4), hours=3)
    if source.random() < 0.5:
        report("applied", applied, applied + timedelta(hours=1))
    rate = {"structured": 0.012, "neutral": 0.006}.get(framing, 0.008)
    interview = applied + timedelta(days=int(source.expovariate(rate)))
    rejection = applied + timedelta(days=int(source.expovariate(0.010)))
    withdrawal = applied + timedelta(days=int(source.expovariate(0.002)))
    first = min(interview, rejection, withdrawal)
    heard = answers or (only_good_news and first == interview)
    if heard and first <= cut:
        recorded = first + timedelta(days=source.randrange(5))
        kind = {interview: "interview", rejection: "rejected"}.get(first, "withdrawn")
        undated = source.random() < 0.1
        report(kind, None if undated else first, recorded)
        if source.random() < 0.03:
            report("retracted", None, recorded + timedelta(days=1), retracts=kind)
        if kind == "interview" and source.random() < 0.5:
            offered = first + timedelta(days=source.randrange(5, 30))
            if offered <= cut:
                factor = 1.15 if scores["conscientiousness"] >= 4 else 1.0
                dollars = 80_000 * factor * source.lognormvariate(0, 0.2) * (1.2 if family == "data" else 1.0)
                currency = source.choice(("USD", "USD", "EUR", "GBP", "IDR"))
                period, per_year = source.choice((("year", 1), ("month", 12), ("hour", 2080)))
                amount = Decimal(str(dollars)) / CURRENCY_RATES[currency] / per_year
                report(
                    "offer",
                    offered,
                    offered + timedelta(days=1),
                    salary_amount=amount.quantize(Decimal("0.01")),
                    salary_currency=currency,
                    salary_period=period,
                    salary_basis=source.choice(("gross", "gross", "gross", None, "net")),
                )
    for day in (14, 30, 60, 90):
        due = created + timedelta(days=day)
        answered = due + timedelta(days=1)
        if due <= cut:
            world.add(
                "check_ins",
                check_in_id=f"{resume}-c{day}",
                resume_id=resume,
                person_key=person,
                day=day,
                due_at=due,
                sent_at=due,
                answered_at=answered if answers and answered <= cut and source.random() < 0.8 else None,
                created_at=created,
            )
            if answers and first > answered:
                report("no_answer_yet", answered, answered, source="check_in", check_in_id=f"{resume}-c{day}")
