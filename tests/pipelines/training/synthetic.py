"""Synthetic people: rows as `core.training_examples` holds them, made with the product's own rules."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from api.generation.rules.composer import compose
from api.generation.rules.document import assemble_markdown, structured_content
from api.generation.rules.framing import FRAMING_NAMES
from api.generation.rules.job_analysis import JobAnalysis, analyze_job
from api.generation.rules.wording import ComposeOptions
from api.profile.rules.json_resume import parse_profile

CONSENT = "training-1"
AS_OF = datetime(2026, 12, 1, tzinfo=UTC)
TITLES = {
    "software": ("Backend Developer", ["Python", "PostgreSQL", "Docker", "Kafka", "Kubernetes"]),
    "data": ("Data Analyst", ["SQL", "Python", "Tableau", "dbt", "Excel"]),
    "health": ("Registered Nurse", ["Triage", "Patient Care", "Wound Care", "Epic", "First Aid"]),
}
VERBS = ("Built", "Led", "Reduced", "Designed", "Documented", "Planned", "Tested", "Improved", "Measured", "Taught")
OBJECTS = ("the weekly report", "a shared intake process", "the night rota", "the order service", "a training course")
SOUNDS = ("ba", "co", "de", "fi", "gu", "la", "mo", "ne", "pi", "ru", "sa", "to", "vu", "wi", "xe", "zo")
LINKS = ("and", "with", "for", "after", "before", "beside", "without", "under")


def tail(choose: random.Random) -> str:
    """Some words that no other bullet has: texts of different people must not look like copies."""
    words = ["".join(choose.choices(SOUNDS, k=choose.randint(2, 4))) for _ in range(12)]
    return " ".join(word for number, word in enumerate(words) for word in (word, LINKS[number % 8])[: 1 + number % 2])


@cache
def analysis_of(family: str) -> JobAnalysis:
    """The reading of one ad of a family."""
    title, skills = TITLES[family]
    return analyze_job(f"{title}\n\nRequirements:\n- must have {', '.join(skills[:3])}\nNice to have: {skills[3]}")


def document_of(person: int, family: str) -> dict[str, Any]:
    """A JSON Resume long enough to learn from; different for every person."""
    choose = random.Random(f"{person}/{family}")
    title, skills = TITLES[family]
    work = [
        {
            "name": f"Employer {choose.randint(1, 900)} Ltd",
            "position": title,
            "startDate": f"{2022 - 3 * index}-01",
            "endDate": "" if index == 0 else f"{2024 - 3 * index}-12",
            "highlights": [
                f"{choose.choice(VERBS)} {choose.choice(OBJECTS)} for {choose.randint(3, 90)} people, " + tail(choose)
                for _ in range(5)
            ],
        }
        for index in range(3)
    ]
    return {
        "basics": {
            "name": f"Person {person}",
            "email": f"person{person}@example.com",
            "summary": f"{title} who likes clear plans, short meetings and numbers that hold. Case {person}.",
        },
        "work": work,
        "education": [{"institution": "Example College", "studyType": "BSc", "area": "Sciences", "endDate": "2014"}],
        "skills": [{"name": "Core", "keywords": skills}],
    }


def record(person: int, **changes: Any) -> dict[str, Any]:
    """One row of the model for a person; keyword arguments replace columns."""
    family = changes.pop("family", list(TITLES)[person % len(TITLES)])
    framing = changes.pop("framing_used", FRAMING_NAMES[person % len(FRAMING_NAMES)])
    number = changes.pop("number", 0)
    document = changes.pop("document", None) or document_of(person * 10 + number, family)
    parsed = parse_profile(document)
    analysis = analysis_of(family)
    wording = compose(parsed.profile, analysis, framing, options=ComposeOptions())
    facts = {name: value for name, value in parsed.document.items() if name != "basics"}
    basics = parsed.document["basics"]
    assert isinstance(basics, dict)
    facts["basics"] = {"summary": basics["summary"]}
    row: dict[str, Any] = {
        "resume_id": f"resume-{person}-{number}",
        "resume_version_id": f"version-{person}-{number}",
        "person_key": f"person-{person}",
        "former_person_keys": None,
        "job_family": family,
        "seniority": "mid",
        "region": "us",
        "framing_used": framing,
        "framing_drawn": framing,
        "provider": "composer",
        "trait_bands": json.dumps({"openness": ("low", "middle", "high")[person % 3]}),
        "body_markdown": assemble_markdown(parsed.profile, wording, options=ComposeOptions(), language="en"),
        "content": json.dumps(structured_content(parsed.profile, wording)),
        "profile_facts": json.dumps(facts),
        "job_ad_text": "Backend Developer",
        "job_ad_analysis": analysis.model_dump_json(by_alias=True),
        "created_at": datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=person),
        "training_policy_version": CONSENT,
        "training_eligible": True,
        "interview_day": 10 + person % 20,
        "rejected_day": None,
        "no_answer_yet_day": None,
        "offer_day": None,
        "withdrawn_day": None,
    }
    unknown = set(changes) - set(row)
    assert not unknown, unknown
    return row | changes


def records(people: int) -> Iterator[dict[str, Any]]:
    """One positive row for each of `people` persons."""
    for person in range(people):
        yield record(person)
