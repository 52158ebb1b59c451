"""One row of `core.training_examples`, typed, whichever warehouse it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.lib.training.errors import BadExampleError

COLUMNS = (
    "resume_id",
    "resume_version_id",
    "person_key",
    "former_person_keys",
    "job_family",
    "seniority",
    "region",
    "framing_used",
    "framing_drawn",
    "provider",
    "trait_bands",
    "body_markdown",
    "content",
    "profile_facts",
    "job_ad_text",
    "job_ad_analysis",
    "created_at",
    "training_policy_version",
    "training_eligible",
    "interview_day",
    "rejected_day",
    "no_answer_yet_day",
    "offer_day",
    "withdrawn_day",
)
"""What the reader asks for, by name: a column added to the model changes nothing here."""


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A resume version with the facts, the ad and the framing behind it, and what became of it.

    `framing` is the one the resume was written with: the prompt of training must be the prompt of serving;
    `framing_drawn` is the one the lot chose, and only an unchanged one says something about framings. Days are whole
    days from time zero (DESIGN D5), None when it did not happen by the model's `as_of`. Texts are None when the
    warehouse holds none: such a row is counted and left out. `former_person_keys` are the pseudonyms it was under
    before its account was joined to an older one.
    """

    resume_id: str
    resume_version_id: str
    person_key: str
    job_family: str
    seniority: str
    region: str
    framing: str | None
    provider: str | None
    trait_bands: Mapping[str, str] | None
    body_markdown: str | None
    content: Mapping[str, Any] | None
    profile_facts: Mapping[str, Any] | None
    job_ad_text: str | None
    job_ad_analysis: Mapping[str, Any] | None
    created_at: datetime
    training_policy_version: str | None
    training_eligible: bool
    interview_day: int | None = None
    rejected_day: int | None = None
    no_answer_yet_day: int | None = None
    offer_day: int | None = None
    withdrawn_day: int | None = None
    framing_drawn: str | None = None
    former_person_keys: tuple[str, ...] = ()


def read_example(record: Mapping[str, Any]) -> TrainingExample:
    """The typed row. Raises BadExampleError naming the row and the column that is wrong."""
    key = str(record.get("resume_version_id") or record.get("resume_id") or "?")
    missing = [column for column in COLUMNS if column not in record]
    if missing:
        raise BadExampleError(f"training_examples lacks the columns {', '.join(missing)}")
    created_at = record["created_at"]
    if not isinstance(created_at, datetime) or created_at.tzinfo is None:
        raise BadExampleError(f"row {key}: created_at is not a moment with zone")
    return TrainingExample(
        resume_id=str(record["resume_id"]),
        resume_version_id=str(record["resume_version_id"]),
        person_key=str(record["person_key"]),
        job_family=str(record["job_family"] or "other"),
        seniority=str(record["seniority"] or "unknown"),
        region=str(record["region"] or "unknown"),
        framing=record["framing_used"],
        provider=record["provider"],
        trait_bands=read_object(record["trait_bands"], "trait_bands", key),
        body_markdown=record["body_markdown"],
        content=read_object(record["content"], "content", key),
        profile_facts=read_object(record["profile_facts"], "profile_facts", key),
        job_ad_text=record["job_ad_text"],
        job_ad_analysis=read_object(record["job_ad_analysis"], "job_ad_analysis", key),
        created_at=created_at.astimezone(UTC),
        training_policy_version=record["training_policy_version"],
        training_eligible=bool(record["training_eligible"]),
        interview_day=read_day(record["interview_day"], "interview_day", key),
        rejected_day=read_day(record["rejected_day"], "rejected_day", key),
        no_answer_yet_day=read_day(record["no_answer_yet_day"], "no_answer_yet_day", key),
        offer_day=read_day(record["offer_day"], "offer_day", key),
        withdrawn_day=read_day(record["withdrawn_day"], "withdrawn_day", key),
        framing_drawn=record["framing_drawn"],
        former_person_keys=tuple(str(record["former_person_keys"] or "").split()),
    )


def read_object(value: Any, column: str, key: str) -> Mapping[str, Any] | None:
    """A JSON object given as text (both warehouses hold text). None stays None, JSON null too."""
    if value is None:
        return None
    try:
        document = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise BadExampleError(f"row {key}: {column} is not JSON") from None
    if document is None:
        return None
    if not isinstance(document, Mapping):
        raise BadExampleError(f"row {key}: {column} is not a JSON object")
    return document


def read_day(value: Any, column: str, key: str) -> int | None:
    """Whole days, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or int(value) != value:
        raise BadExampleError(f"row {key}: {column} is not a whole number of days")
    return int(value)
