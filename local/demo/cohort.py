"""A seeded cohort with known truth: who the people are, what happened to their applications, and what they told.

What happens follows constant daily hazards with a known ratio per framing, so the true cumulative incidence has a
closed form to hold the marts against. What is reported is another matter: some answer every check-in, some only bring
good news, some never say a word.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from api.conversation.rules.questions import TRAITS
from api.generation.rules.framing import FramingDraw, draw_framing

CAP_DAYS = 180
CHECK_IN_DAYS = (14, 30, 60, 90)
PLACEHOLDER = re.compile(r"\{(skill|n:(\d+),(\d+))\}")


@cache
def vocabulary() -> dict[str, Any]:
    """The data file of the cohort."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cohort.yaml").read_text(encoding="utf-8"))
    return data


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, on a day after the application."""

    kind: str
    day: float


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that was told: what, when it happened (None: not said), when it was told, and how."""

    kind: str
    occurred_day: float | None
    recorded_day: float
    check_in_day: int | None = None
    salary: float | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """One resume for one ad, what truly happened, and what was reported."""

    ad_text: str
    draw: FramingDraw
    created_at: datetime
    elapsed_days: float
    region: str
    history: tuple[Event, ...]
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class CohortPerson:
    """One person of the cohort."""

    number: int
    document: dict[str, Any]
    traits: dict[str, float]
    reporter: str
    research_consent: bool
    training_consent: bool
    withdrawn: bool
    applications: tuple[Application, ...]


def true_incidence(framing: str, day: float) -> float:
    """The chance of an interview by `day`, rejection and withdrawal competing.

    For constant hazards: h_i / h * (1 - exp(-h * day)), h the sum of the three (Kalbfleisch and Prentice 2002, 8.2).
    """
    hazards = _hazards(framing)
    total = sum(hazards.values())
    return hazards["interview"] / total * (1 - math.exp(-total * day))


def make_person(number: int, seed: int, now: datetime) -> CohortPerson:
    """Person `number` of the cohort with this seed: always the same one, relative to `now`."""
    words = vocabulary()
    rng = random.Random(f"{seed}:{number}")
    family = rng.choice(sorted(words["families"]))
    traits = {trait: min(5.0, max(1.0, round(rng.gauss(3.4, 0.8) * 2) / 2)) for trait in TRAITS}
    reporter = _choose(rng, words["reporting"])
    applications = tuple(
        _make_application(rng, f"{seed}:{number}:{index}", family, traits, reporter, now)
        for index in range(1 + (rng.random() < 0.35) + (rng.random() < 0.1))
    )
    consent = words["consent"]
    research = rng.random() < consent["outcome_research"]
    return CohortPerson(
        number=number,
        document=_make_document(rng, number, family),
        traits=traits,
        reporter=reporter,
        research_consent=research,
        training_consent=research and rng.random() < consent["training"],
        withdrawn=research and rng.random() < consent["withdrawn_later"],
        applications=applications,
    )


def fill(rng: random.Random, template: str, skills: list[str]) -> str:
    """Fill the placeholders of a template; skills do not repeat within one text."""
    left = rng.sample(skills, len(skills))

    def value(match: re.Match[str]) -> str:
        if match[1] == "skill":
            return left.pop()
        return str(rng.randint(int(match[2]), int(match[3])))

    return PLACEHOLDER.sub(value, template)


def _hazards(framing: str) -> dict[str, float]:
    words = vocabulary()
    hazards: dict[str, float] = dict(words["hazards"])
    hazards["interview"] *= words["framing_hazard_ratio"][framing]
    return hazards


def _choose(rng: random.Random, shares: Mapping[str, float]) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]


def _make_document(rng: random.Random, number: int, family: str) -> dict[str, Any]:
    words = vocabulary()
    kind = words["families"][family]
    name = f"{rng.choice(words['given_names'])} {rng.choice(words['family_names'])}"
    year = rng.randint(2008, 2019)
    first = year
    work = []
    templates = rng.sample(kind["bullets"], len(kind["bullets"]))
    for index in range(3):
        end = None if index == 2 else year + rng.randint(2, 3)
        highlights = [fill(rng, template, kind["skills"]) for template in templates[index * 3 : index * 3 + 4]]
        work.append(
            {
                "name": rng.choice(words["employers"]),
                "position": kind["label"] if index < 2 else f"Senior {kind['label']}",
                "startDate": f"{year}-{rng.randint(1, 12):02d}",
                **({"endDate": f"{end}-{rng.randint(1, 12):02d}"} if end else {}),
                "highlights": highlights,
            }
        )
        year = end or year
    skills = rng.sample(kind["skills"], 8)
    return {
        "basics": {
            "name": name,
            "label": kind["label"],
            "email": f"cohort-{number:06d}@example.com",
            "phone": f"+1 212 555 01{number % 100:02d}",
        },
        "work": list(reversed(work)),
        "education": [
            {
                "institution": rng.choice(words["universities"]),
                "studyType": rng.choice(["BSc", "MSc"]),
                "area": kind["degree"],
                "endDate": str(first),
            }
        ],
        "skills": [{"name": "Main", "keywords": skills[:4]}, {"name": "Also", "keywords": skills[4:]}],
        "languages": [{"language": "English", "fluency": "Fluent"}],
    }


def _make_ad(rng: random.Random, family: str, region: str) -> tuple[str, str]:
    words = vocabulary()
    kind = words["families"][family]
    seniority = rng.choice(list(words["seniorities"]))
    title = f"{seniority} {kind['label']}".strip()
    # Few different ads per cell: people compete for the same jobs, and each ad is read once.
    fixed = random.Random(f"{family}:{region}:{seniority}:{rng.randint(1, 4)}")
    employer = fixed.choice(words["employers"])
    place = words["regions"][region]["place"]
    return f"{title} at {employer}\nLocation: {place}\n\n{fill(fixed, kind['ad'], kind['skills'])}\n", seniority


def _make_application(
    rng: random.Random, key: str, family: str, traits: dict[str, float], reporter: str, now: datetime
) -> Application:
    words = vocabulary()
    region = rng.choice(list(words["regions"]))
    ad_text, seniority = _make_ad(rng, family, region)
    draw = draw_framing(traits=traits, seed=key)
    created_at = now - timedelta(days=rng.uniform(5, 210))
    elapsed = (now - created_at).total_seconds() / 86_400
    history = _happen(rng, draw.framing)
    salary = _salary(rng, family, region, seniority, traits)
    reports = _report(rng, reporter, [event for event in history if event.day < elapsed], elapsed, salary)
    return Application(ad_text, draw, created_at, elapsed, region, history, reports)


def _happen(rng: random.Random, framing: str) -> tuple[Event, ...]:
    hazards = _hazards(framing)
    first = min((rng.expovariate(rate), kind) for kind, rate in hazards.items())
    if first[0] > CAP_DAYS:
        return ()
    kind = {"interview": "interview", "rejection": "rejected", "withdrawal": "withdrawn"}[first[1]]
    history = [Event(kind, first[0])]
    if kind == "interview":
        after = first[0] + 2 + rng.expovariate(1 / 12)
        if rng.random() < vocabulary()["offer_share"]:
            history.append(Event("offer", after))
            if rng.random() < 0.7:
                history.append(Event("accepted", after + 1 + rng.random() * 5))
        else:
            history.append(Event("rejected", after))
    return tuple(history)


def _salary(rng: random.Random, family: str, region: str, seniority: str, traits: dict[str, float]) -> float:
    words = vocabulary()
    place = words["regions"][region]
    yearly = words["pay_usd"][family] * place["level"] * words["seniorities"][seniority]
    yearly *= math.exp(rng.gauss(0, 0.12) + 0.04 * (traits["conscientiousness"] - 3))
    amount = yearly / words["usd_per_unit"][place["currency"]]
    return float(round(amount / {"year": 1, "month": 12, "hour": 2080}[place["period"]], 2))


def _report(
    rng: random.Random, reporter: str, happened: list[Event], elapsed: float, salary: float
) -> tuple[Report, ...]:
    if reporter == "silent":
        return ()

    def told(event: Event, day: float, check_in: int | None) -> Report:
        pay = salary if event.kind == "offer" else None
        return Report(event.kind, event.day, min(day, elapsed), check_in, pay)

    reports = [Report("applied", 0.0, 0.0)]
    if reporter == "good_news_only":
        good = [event for event in happened if event.kind in {"interview", "offer", "accepted"}]
        return (*reports, *(told(event, event.day + rng.random() * 3, None) for event in good))
    waiting = list(happened)
    if reporter == "volunteer":
        for event in happened:
            day = event.day + rng.random() * 4
            if rng.random() < 0.8 and day < elapsed:
                reports.append(told(event, day, None))
                waiting.remove(event)
    for due in CHECK_IN_DAYS:
        day = due + rng.random() * 2
        if day >= elapsed or (reporter == "volunteer" and rng.random() > 0.6):
            continue
        news = [event for event in waiting if event.day <= day]
        reports.extend(told(event, day, due) for event in news)
        waiting = [event for event in waiting if event not in news]
        if not news and not any(event.day <= day for event in happened):
            reports.append(Report("no_answer_yet", None, day, due))
    return tuple(reports)
