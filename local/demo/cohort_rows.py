"""A cohort person as rows of the operational tables, written by the same rules as the API writes them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from api.conversation.rules.traits import standard_error, trait_band
from api.generation.rules.composer import compose
from api.generation.rules.document import assemble_markdown, structured_content
from api.generation.rules.job_analysis import JobAnalysis, analyze_job
from api.generation.rules.prompt import PROMPT_VERSION
from api.generation.rules.wording import ComposeOptions
from api.profile.rules.json_resume import ProfileParse, parse_profile
from api.resumes.facts import facts_document
from local.demo.cohort import CHECK_IN_DAYS, Application, CohortPerson, vocabulary

Rows = dict[str, list[dict[str, Any]]]

NAMESPACE = uuid.UUID("7f1ad7a0-5b1c-4a26-9a5e-0c5b6f2f2a11")
ISSUER = "cohort"


def key(*parts: object) -> uuid.UUID:
    """A stable id, so that a second run finds the rows of the first."""
    return uuid.uuid5(NAMESPACE, ":".join(str(part) for part in parts))


def digest(*parts: object) -> str:
    """A stable hexadecimal name."""
    return hashlib.sha256(":".join(str(part) for part in parts).encode()).hexdigest()


@cache
def _analysis(text: str) -> JobAnalysis:
    return analyze_job(text)


def person_rows(person: CohortPerson, seed: int, policy_versions: dict[str, tuple[str, str]]) -> Rows:
    """All rows of a person by table. `policy_versions` maps a purpose to the version and text hash agreed to."""
    rows: Rows = defaultdict(list)
    user_id = key(seed, person.number)
    started = min(application.created_at for application in person.applications) - timedelta(days=1)
    rows["users"].append(
        {
            "id": user_id,
            "person_key": digest("person", seed, person.number)[:32],
            "email": person.document["basics"]["email"],
            "display_name": person.document["basics"]["name"],
            "auth_issuer": ISSUER,
            "auth_subject": f"{seed}:{person.number}",
            "created_at": started,
        }
    )
    rows["consents"].extend(_consents(person, seed, user_id, started, policy_versions))
    parse = parse_profile(person.document)
    rows["profiles"].append(
        {
            "id": key(seed, person.number, "profile"),
            "user_id": user_id,
            "document": json.dumps(parse.document),
            "revision": 1,
            "updated_at": started,
        }
    )
    for trait, score in person.traits.items():
        rows["personality_scores"].append(
            {
                "id": key(seed, person.number, trait),
                "user_id": user_id,
                "trait": trait,
                "score": score,
                "standard_error": round(standard_error(trait, 2), 3),
                "item_count": 2,
                "source": "self_report",
                "recorded_at": started,
            }
        )
    seen: set[uuid.UUID] = set()
    for index, application in enumerate(person.applications):
        ad_id = key(seed, person.number, "ad", application.ad_text)
        if ad_id in seen:
            continue
        seen.add(ad_id)
        _application_rows(rows, person, application, parse, seed, index, user_id, ad_id)
    return rows


def _consents(
    person: CohortPerson, seed: int, user_id: uuid.UUID, at: datetime, versions: dict[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    decisions = [("product", True, at)]
    if person.research_consent:
        decisions.append(("outcome_research", True, at))
    if person.training_consent:
        decisions.append(("training", True, at))
    if person.withdrawn:
        decisions.append(("outcome_research", False, at + timedelta(days=4)))
    return [
        {
            "id": key(seed, person.number, "consent", purpose, granted),
            "user_id": user_id,
            "purpose": purpose,
            "granted": granted,
            "policy_version": versions[purpose][0],
            "text_sha256": versions[purpose][1],
            "recorded_at": moment,
        }
        for purpose, granted, moment in decisions
    ]


def _application_rows(
    rows: Rows,
    person: CohortPerson,
    application: Application,
    parse: ProfileParse,
    seed: int,
    index: int,
    user_id: uuid.UUID,
    ad_id: uuid.UUID,
) -> None:
    at = application.created_at
    analysis = _analysis(application.ad_text)
    draw = application.draw
    draw_id, resume_id = key(ad_id, "draw"), key(seed, person.number, "resume", index)
    rows["job_ads"].append(
        {
            "id": ad_id,
            "user_id": user_id,
            "body_text": application.ad_text,
            "text_sha256": hashlib.sha256(application.ad_text.encode()).hexdigest(),
            "title": analysis.title,
            "company": analysis.company,
            "job_family": analysis.job_family,
            "seniority": analysis.seniority,
            "region": analysis.region,
            "analysis": analysis.model_dump_json(by_alias=True),
            "created_at": at,
        }
    )
    rows["framing_draws"].append(
        {
            "id": draw_id,
            "user_id": user_id,
            "job_ad_id": ad_id,
            "framing": draw.framing,
            "named_by_person": False,
            "probabilities": json.dumps(draw.probabilities),
            "policy_version": draw.policy_version,
            "seed": draw.seed,
            "drawn_at": at,
        }
    )
    rows["resumes"].append(_resume(person, application, analysis, resume_id, user_id, ad_id, draw_id))
    rows["resume_versions"].append(_version(person, parse, analysis, application, resume_id))
    for day in CHECK_IN_DAYS:
        answers = [report.recorded_day for report in application.reports if report.check_in_day == day]
        rows["check_ins"].append(
            {
                "id": key(resume_id, "check-in", day),
                "resume_id": resume_id,
                "day": day,
                "due_at": at + timedelta(days=day),
                "sent_at": at + timedelta(days=day, minutes=5) if day < application.elapsed_days else None,
                "answered_at": at + timedelta(days=min(answers)) if answers else None,
                "created_at": at,
            }
        )
    place = vocabulary()["regions"][application.region]
    for position, report in enumerate(application.reports):
        occurred = None if report.occurred_day is None else at + timedelta(days=report.occurred_day)
        paid = report.salary is not None
        rows["outcome_events"].append(
            {
                "id": key(resume_id, "event", position),
                "resume_id": resume_id,
                "kind": report.kind,
                "occurred_at": occurred,
                "salary_amount": report.salary,
                "salary_currency": place["currency"] if paid else None,
                "salary_period": place["period"] if paid else None,
                "salary_basis": "gross" if paid else None,
                "full_time_share": 1 if paid else None,
                "source": "report" if report.check_in_day is None else "check_in",
                "check_in_id": None if report.check_in_day is None else key(resume_id, "check-in", report.check_in_day),
                "recorded_at": at + timedelta(days=report.recorded_day),
            }
        )


def _resume(
    person: CohortPerson,
    application: Application,
    analysis: JobAnalysis,
    resume_id: uuid.UUID,
    user_id: uuid.UUID,
    ad_id: uuid.UUID,
    draw_id: uuid.UUID,
) -> dict[str, Any]:
    at = application.created_at
    told = {report.kind: report for report in application.reports}
    place = vocabulary()["regions"][application.region]

    def when(kind: str) -> datetime | None:
        report = told.get(kind)
        return at + timedelta(days=report.occurred_day) if report and report.occurred_day is not None else None

    offer = told.get("offer")
    last = max((report.recorded_day for report in application.reports), default=None)
    return {
        "id": resume_id,
        "user_id": user_id,
        "job_ad_id": ad_id,
        "framing_draw_id": draw_id,
        "title": analysis.title or "Resume",
        "pdf_template": ("classic", "modern", "minimal")[person.number % 3],
        "framing": application.draw.framing,
        "provider": "composer",
        "prompt_version": PROMPT_VERSION,
        "interview_received": True if "interview" in told else None,
        "interview_received_at": when("interview"),
        "job_offer_received": True if offer else None,
        "job_offer_received_at": when("offer"),
        "salary_offered": offer.salary if offer else None,
        "salary_currency": place["currency"] if offer else None,
        "salary_period": place["period"] if offer else None,
        "outcome_reported_at": None if last is None else at + timedelta(days=last),
        "downloaded_count": 1,
        "first_downloaded_at": at + timedelta(minutes=10),
        "created_at": at,
        "updated_at": at,
    }


def _version(
    person: CohortPerson, parse: ProfileParse, analysis: JobAnalysis, application: Application, resume_id: uuid.UUID
) -> dict[str, Any]:
    at = application.created_at
    options = ComposeOptions(as_of_year_month=(at.year, at.month))
    wording = compose(parse.profile, analysis, application.draw.framing, options=options)
    return {
        "id": key(resume_id, "version"),
        "resume_id": resume_id,
        "version": 1,
        "body_markdown": assemble_markdown(parse.profile, wording, options=options, language="en"),
        "content": json.dumps(structured_content(parse.profile, wording)),
        "source": "generated",
        "warnings": "[]",
        "profile_facts": json.dumps(facts_document(parse.document)),
        "trait_bands": json.dumps({trait: trait_band(trait, score) for trait, score in person.traits.items()}),
        "training_eligible": True,
        "created_at": at,
    }
