"""Which two resumes teach a preference, and the row they make.

A pair is one person, one job family and seniority, nearly the same facts, two framings that were drawn by lot, and two
known outcomes that differ, at most 90 days apart: what is left to differ is mostly the framing and the wording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from api.generation.rules.answer import format_answer, known_ids
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.prompt import JobBrief, Prompt, build_prompt
from api.generation.rules.wording import Wording
from api.profile.rules.profile import Profile

NO_FRAMING = "neutral"
"""The framing of a pair's prompt: either side's own would favour that side."""
MOST_SIDES = 40
"""Of one person, family and seniority, newest first: what one person adds to the work is bounded."""


@dataclass(frozen=True, slots=True)
class Side:
    """What decides whether a resume version can be half of a pair; its texts wait in the spool at `offset`."""

    person_key: str
    resume_id: str
    resume_version_id: str
    job_family: str
    seniority: str
    framing: str
    created_at: datetime
    won: bool
    offset: int
    length: int

    @property
    def moment(self) -> tuple[datetime, str]:
        """The order in time; the id decides between two of one moment."""
        return (self.created_at, self.resume_version_id)


def candidate_pairs(sides: Sequence[Side], most_days: int) -> Iterator[tuple[Side, Side]]:
    """Winner and loser of every pair that the sides of one person, family and seniority allow, in a fixed order."""
    newest = sorted(sides, key=lambda side: side.moment, reverse=True)[:MOST_SIDES]
    for winner in (side for side in newest if side.won):
        for loser in (side for side in newest if not side.won):
            apart = abs(winner.created_at - loser.created_at)
            if winner.framing != loser.framing and apart <= timedelta(days=most_days):
                yield winner, loser


def fact_jaccard(one: Profile, other: Profile) -> float:
    """Shared fact ids over all fact ids of both; 0 when there is none."""
    here, there = ({fact.id for fact in profile.facts()} for profile in (one, other))
    return len(here & there) / len(here | there) if here | there else 0.0


def pair_prompt(profile: Profile, family: str, seniority: str, trait_bands: Any) -> Prompt:
    """The prompt of serving with a brief of the job family where an ad would stand: two resumes answered two ads."""
    analysis = JobAnalysis.model_validate({"title": family, "jobFamily": family, "seniority": seniority})
    return build_prompt(profile, JobBrief(analysis), NO_FRAMING, trait_bands)


def answer_within(wording: Wording, profile: Profile) -> str:
    """The answer, as far as it speaks of facts that the prompt holds: one must not win by facts the other never saw."""
    parents, bullets = known_ids(profile)
    orders = {
        parent: tuple(bullet for bullet in order if bullet in parents[parent])
        for parent, order in wording.bullet_order.items()
        if parent in parents
    }
    rewrites = {bullet: text for bullet, text in wording.rewrites.items() if bullet in bullets}
    return format_answer(replace(wording, bullet_order=orders, rewrites=rewrites))


def preference_row(system: str, user: str, preferred: str, other: str) -> dict[str, Any]:
    """The row in Gemini's format for preference tuning."""
    return {
        "system_instruction": {"role": "system", "parts": [{"text": system}]},
        "contents": [{"role": "user", "parts": [{"text": user}]}],
        "completions": [
            {"score": score, "completion": {"role": "model", "parts": [{"text": text}]}}
            for score, text in ((1.0, preferred), (0.0, other))
        ],
    }
