"""What can be told about one answer without an opinion: form, truth, keywords, length. Pure.

The rules are those of serving: an answer that serving would refuse is invalid here, a statement that serving would
take out counts against the model here, and keywords are counted on the page that the person would get.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from api.generation.rules.answer import MalformedAnswer, parse_answer
from api.generation.rules.document import assemble_markdown
from api.generation.rules.fact_check import check_wording
from api.generation.rules.score import score_resume
from api.generation.rules.wording import ComposeOptions
from pipelines.lib.evaluation.prompts import EvaluationPrompt
from pipelines.lib.training.quality import count_words

SPOKEN = ("summary", "rewrite", "skill_order")
"""Rejections that are untrue statements; the others are orders of things that are not there."""
MOST_SUMMARY_WORDS = 80
MOST_BULLET_WORDS = 30
LENGTH_ROOM = 1.25
"""The prompt's bounds on a summary and a bullet may be passed by a quarter before it counts as too long."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One answer, scored. `coverage` is None when the ad names no keyword; `page` is what the person would get.

    An answer without the agreed form has a `problem`, no page, and counts as neither faithful nor covering anything.
    """

    problem: str
    unsupported: tuple[str, ...]
    coverage: float | None
    words: int
    too_long: bool
    page: str

    @property
    def valid(self) -> bool:
        """Whether serving could use the answer."""
        return not self.problem

    @property
    def faithful(self) -> bool:
        """Whether every statement of a valid answer traces to a fact."""
        return self.valid and not self.unsupported


def score_answer(prompt: EvaluationPrompt, text: str | None, *, as_of_year_month: tuple[int, int]) -> Scores:
    """Score the answer to a prompt; None stands for a model that refused or was cut off."""
    if text is None:
        return unusable("no answer")
    try:
        wording = parse_answer(text, prompt.profile)
    except MalformedAnswer as error:
        return unusable(str(error))
    checked = check_wording(wording, prompt.profile, as_of_year_month=as_of_year_month)
    unsupported = tuple(
        f"{rejection.field}: {rejection.reason}" for rejection in checked.rejected if rejection.field in SPOKEN
    )
    page = assemble_markdown(
        prompt.profile, checked.wording, options=ComposeOptions(as_of_year_month=as_of_year_month), language="en"
    )
    score = score_resume(page, prompt.profile, prompt.job)
    found = len(score.matched), len(score.matched) + len(score.missing)
    return Scores(
        problem="",
        unsupported=unsupported,
        coverage=found[0] / found[1] if found[1] else None,
        words=count_words(page),
        too_long=bool(overlong(wording.summary, MOST_SUMMARY_WORDS))
        or any(overlong(rewrite, MOST_BULLET_WORDS) for rewrite in wording.rewrites.values()),
        page=page,
    )


def unusable(problem: str) -> Scores:
    """The scores of an answer that serving could not use."""
    return Scores(problem, (), 0.0, 0, too_long=False, page="")


def overlong(text: str, most: int) -> bool:
    """Whether a text has clearly more words than the prompt allows."""
    return len(re.findall(r"\S+", text)) > most * LENGTH_ROOM


@dataclass(frozen=True, slots=True)
class Summary:
    """Scores over a test. `valid`, `faithful`, `coverage`, `too_long` are shares of 1; `words` are of a page."""

    valid: float
    faithful: float
    coverage: float | None
    words: float
    too_long: float

    def as_document(self) -> dict[str, float | None]:
        """JSON-ready, rounded to four digits."""
        return {
            "valid": round(self.valid, 4),
            "faithful": round(self.faithful, 4),
            "coverage": None if self.coverage is None else round(self.coverage, 4),
            "words": round(self.words, 4),
            "tooLong": round(self.too_long, 4),
        }


def summarise(scores: Sequence[Scores]) -> Summary:
    """Means over the answers. Words are of usable answers only: an answer without a page has no length."""
    count = len(scores) or 1
    covered = [score.coverage for score in scores if score.coverage is not None]
    pages = [score.words for score in scores if score.valid]
    return Summary(
        valid=sum(score.valid for score in scores) / count,
        faithful=sum(score.faithful for score in scores) / count,
        coverage=sum(covered) / len(covered) if covered else None,
        words=sum(pages) / len(pages) if pages else 0.0,
        too_long=sum(score.too_long for score in scores) / count,
    )
