"""What a job ad asks for, as the rest of the product needs it.

The ad is data. Whatever it says ("ignore previous instructions") is only ever searched for known words; nothing in it
can steer this code, and what is not recognised is simply not there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from api.generation.rules.ad_heading import find_company, find_location, find_title
from api.generation.rules.ad_negation import find_denials
from api.generation.rules.ad_requirements import (
    DegreeWish,
    Presence,
    Seniority,
    find_degrees,
    find_presence,
    find_seniority,
    find_years,
)
from api.generation.rules.ad_sections import Clause, Requirement, read_clauses
from api.generation.rules.ad_text import plain_ad_text
from api.generation.rules.folding import fold_case, fold_characters
from api.generation.rules.job_classes import UNKNOWN, classify_job_family, classify_region
from api.generation.rules.matcher import SkillMatch, find_skills
from api.generation.rules.pay import PayRange, find_pay
from api.generation.rules.taxonomy import load_taxonomy
from api.generation.rules.text_language import detect_language

_EVIDENCE = 160


class Keyword(BaseModel):
    """A skill the ad names: how strongly, how often, and the ad's own words around its first strongest mention."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    skill_id: str
    name: str
    category: str
    requirement: Requirement
    count: int
    evidence: str


class JobAnalysis(BaseModel):
    """The reading of one ad. Empty text and `unknown` mean that the ad does not say it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    title: str = ""
    company: str = ""
    keywords: list[Keyword] = []
    keyword_status: Literal["found", "none_found"] = "none_found"
    degrees: list[DegreeWish] = []
    years_min: int | None = None
    seniority: Seniority = "unknown"
    job_family: str = UNKNOWN
    region: str = UNKNOWN
    location: str = ""
    remote: Presence = "unknown"
    pay_range: PayRange | None = None
    pay_reason: str = ""
    language: str = "und"
    taxonomy_version: str = ""

    def skill_weights(self) -> dict[str, float]:
        """How much each skill matters to this ad: required ones twice as much as wished ones, repeats a little more."""
        return {
            keyword.skill_id: (2.0 if keyword.requirement == "must" else 1.0) + 0.25 * min(keyword.count - 1, 3)
            for keyword in self.keywords
        }


def analyze_job(text: str) -> JobAnalysis:
    """Read an ad in any language. Deterministic and linear in its length; the caller bounds the length."""
    text = plain_ad_text(text)
    clauses = read_clauses(text)
    title, company, location = find_title(text), find_company(text), find_location(text)
    region = classify_region(location) if location else UNKNOWN
    if region == UNKNOWN:
        region = classify_region(fold_characters(text[:4000]))
    employers = (company,) if company else ()
    keywords = _keywords(text, find_skills(text, employers=employers), clauses)
    years = find_years(text, clauses)
    pay = find_pay(text, region=region)
    return JobAnalysis(
        title=title,
        company=company,
        keywords=keywords,
        keyword_status="found" if keywords else "none_found",
        degrees=find_degrees(text, clauses),
        years_min=years,
        seniority=find_seniority(title, text, years),
        job_family=classify_job_family(title) if title else UNKNOWN,
        region=region,
        location=location,
        remote=find_presence(text),
        pay_range=pay.pay,
        pay_reason=pay.reason,
        language=detect_language(text),
        taxonomy_version=load_taxonomy().version,
    )


def _keywords(text: str, matches: Sequence[SkillMatch], clauses: Sequence[Clause]) -> list[Keyword]:
    """One entry per skill, required ones first, then by count, then by place: the order in which they matter.

    A mention that is denied does not count; a skill the ad says it does not need is at most wished for elsewhere in it.
    """
    starts = [clause.start for clause in clauses]
    grouped: dict[str, list[tuple[SkillMatch, Clause]]] = {}
    denials = find_denials(fold_case(fold_characters(text)), [(match.start, match.end) for match in matches])
    needless = {matches[index].skill_id for index, denial in denials.items() if denial == "need"}
    for index, match in enumerate(matches):
        if index in denials:
            continue
        clause = clauses[max(0, bisect_right(starts, match.start) - 1)]
        grouped.setdefault(match.skill_id, []).append((match, clause))
    taxonomy = load_taxonomy()
    found: list[tuple[tuple[int, int, int], Keyword]] = []
    for skill_id, mentions in grouped.items():
        strongest = next((entry for entry in mentions if entry[1].requirement == "must"), mentions[0])
        match, clause = strongest
        requirement: Requirement = "nice" if skill_id in needless else clause.requirement
        low = max(clause.start, match.start - _EVIDENCE // 2)
        keyword = Keyword(
            skill_id=skill_id,
            name=match.name,
            category=taxonomy.skills[skill_id].category,
            requirement=requirement,
            count=len(mentions),
            evidence=" ".join(text[low : min(clause.end, low + _EVIDENCE)].split()),
        )
        order = (0 if requirement == "must" else 1, -len(mentions), mentions[0][0].start)
        found.append((order, keyword))
    return [keyword for _, keyword in sorted(found, key=lambda entry: entry[0])]
