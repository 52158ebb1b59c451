"""The one score of the product: how much of what the ad names stands in the resume, and where.

It is a plain share of the ad's skills, each counted once, so that a person can check it by eye; there is no second
percentage. Where the text of the rendered PDF is given, a term counts only if it can be read back from it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from api.generation.rules.ad_sections import Requirement
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.markdown_text import markdown_lines
from api.generation.rules.matcher import find_skills, skill_ids
from api.profile.rules.profile import Profile

_SHOWN = 160


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class MatchedTerm(_Model):
    """A skill of the ad that the resume names: in which section, in which words, on which line."""

    skill_id: str
    skill: str
    requirement: Requirement
    where: str
    line: int
    text: str


class MissingTerm(_Model):
    """A skill of the ad that the resume does not name. `supportable`: a fact of the person speaks of it."""

    skill_id: str
    skill: str
    requirement: Requirement
    supportable: bool
    fact_ids: list[str]


class Score(_Model):
    """`percent` is the share of the ad's skills found, 0-100, rounded down; None when the ad names none.

    `pdf_read_back` tells whether the rendered PDF was read; a term that did not come back from it is no match.
    """

    status: Literal["scored", "none_found"]
    percent: int | None
    matched: list[MatchedTerm]
    missing: list[MissingTerm]
    must_matched: int
    must_total: int
    pdf_read_back: bool
    unreadable_in_pdf: list[str]


def score_resume(markdown: str, profile: Profile, analysis: JobAnalysis, *, extracted_text: str | None = None) -> Score:
    """Score a page against an ad. `extracted_text` is what a reader of the PDF sees, when it was rendered."""
    if not analysis.keywords:
        return Score(
            status="none_found",
            percent=None,
            matched=[],
            missing=[],
            must_matched=0,
            must_total=0,
            pdf_read_back=extracted_text is not None,
            unreadable_in_pdf=[],
        )
    places = _places(markdown, [role.employer for role in (*profile.roles, *profile.volunteer)])
    readable = skill_ids(extracted_text) if extracted_text is not None else frozenset()
    letters = _letters(extracted_text) if extracted_text is not None else ""

    def is_readable(skill_id: str, line: str) -> bool:
        # Line breaks of a page can part a doubtful name from what vouches for it; its line then tells.
        return extracted_text is None or skill_id in readable or _letters(line) in letters

    supporting = _supporting_facts(profile)
    matched: list[MatchedTerm] = []
    missing: list[MissingTerm] = []
    unreadable: list[str] = []
    for keyword in analysis.keywords:
        place = places.get(keyword.skill_id)
        if place is not None and not is_readable(keyword.skill_id, place[2]):
            unreadable.append(keyword.name)
            place = None
        if place is not None:
            section, line, text = place
            matched.append(
                MatchedTerm(
                    skill_id=keyword.skill_id, skill=keyword.name, requirement=keyword.requirement, where=section,
                    line=line, text=text,
                )
            )  # fmt: skip
            continue
        facts = supporting.get(keyword.skill_id, [])
        missing.append(
            MissingTerm(
                skill_id=keyword.skill_id, skill=keyword.name, requirement=keyword.requirement,
                supportable=bool(facts), fact_ids=facts,
            )
        )  # fmt: skip
    return Score(
        status="scored",
        percent=100 * len(matched) // (len(matched) + len(missing)),
        matched=matched,
        missing=missing,
        must_matched=sum(term.requirement == "must" for term in matched),
        must_total=sum(keyword.requirement == "must" for keyword in analysis.keywords),
        pdf_read_back=extracted_text is not None,
        unreadable_in_pdf=unreadable,
    )


def _letters(text: str) -> str:
    """What is left when line breaks and hyphenation of a page no longer matter."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum() or char in "+#.")


def _places(markdown: str, employers: Iterable[str]) -> dict[str, tuple[str, int, str]]:
    """Where each skill stands first: section, line, the line's words. What proves a skill comes before a bare list."""
    names = tuple(name for name in employers if name.strip())
    found: dict[str, tuple[str, int, str]] = {}
    for line in markdown_lines(markdown):
        if line.level in (1, 2):
            continue
        for match in find_skills(line.text, employers=names if line.level == 3 else ()):
            found.setdefault(match.skill_id, (line.section, line.number, line.text[:_SHOWN]))
    # A list of skills often spans what a single line cannot tell ("C, R"): look at the whole page once more.
    for match in find_skills(markdown):
        if match.skill_id not in found and not any(name and name in match.surface for name in names):
            number = markdown.count("\n", 0, match.start) + 1
            found[match.skill_id] = ("", number, match.surface)
    return found


def _supporting_facts(profile: Profile) -> dict[str, list[str]]:
    employers = [role.employer for role in (*profile.roles, *profile.volunteer) if role.employer.strip()]
    found: dict[str, list[str]] = {}
    for fact in profile.facts():
        heading = fact.kind in ("role", "volunteer")
        for match in find_skills(fact.text, employers=employers if heading else ()):
            ids = found.setdefault(match.skill_id, [])
            if fact.id not in ids:
                ids.append(fact.id)
    return found
