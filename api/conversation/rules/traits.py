"""Trait scores from rated items, with the error that so few items leave.

Ten items are little: a score without its interval would claim more than was measured. The error comes from the
published reliability of the full four-item scale, taken back to a single item and forward to the number of items
answered:

    r1 = alpha / (k - (k - 1) * alpha)              k = 4 items, Spearman-Brown
    item variance = 4 * SD^2 / (1 + 3 * r1)         SD of the four-item mean
    standard error of a mean of n items = sqrt(item variance * (1 - r1) / n)

Sources: alpha from Donnellan et al. (2006); Spearman-Brown and the standard error of measurement as in
Lord and Novick (1968), chapters 3 and 4. Norms: see api/conversation/data/README.md.
"""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from api.conversation.rules.questions import DATA_FOLDER, TRAITS, load_questions

Band = Literal["low", "middle", "high"]
LOWEST_RATING, HIGHEST_RATING = 1, 5
Z_95 = 1.959964

LIMITS_OF_THE_INSTRUMENT = (
    "These scores come from two to four short statements per trait that you rated yourself. "
    "They are rough: the interval shows how far the same person could score by chance. "
    "They say how you see yourself, not how well you work, and no trait is better than another. "
    "The comparison group are people who took the same test online by choice. "
    "Move a slider if a score does not fit you; nothing is read from your texts."
)


class InvalidAnswers(ValueError):  # noqa: N818 - named as the answer names it
    """An item is unknown or a rating is not a whole number from 1 to 5. `problems` maps item id to the reason."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("Some ratings cannot be used: " + "; ".join(f"{key}: {why}" for key, why in problems.items()))


@dataclass(frozen=True, slots=True)
class TraitNorm:
    """Published mean and standard deviation of the four-item scale score (1-5), and its reliability."""

    trait: str
    mean: float
    standard_deviation: float
    alpha: float
    items: int
    respondents: int


@dataclass(frozen=True, slots=True)
class TraitScore:
    """A trait on 1-5, its standard error on the same scale, and how many items it stands on."""

    trait: str
    score: float
    standard_error: float
    item_count: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval, cut to the scale."""
        half = Z_95 * self.standard_error
        return max(float(LOWEST_RATING), self.score - half), min(float(HIGHEST_RATING), self.score + half)


@dataclass(frozen=True, slots=True)
class ShownTrait:
    """A trait as a person sees it: neuroticism turned round into emotional steadiness."""

    name: str
    score: float


@functools.cache
def trait_norms() -> dict[str, TraitNorm]:
    """Return the published norms by trait."""
    with (DATA_FOLDER / "trait_norms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["trait"]: TraitNorm(
            trait=row["trait"],
            mean=float(row["mean"]),
            standard_deviation=float(row["standard_deviation"]),
            alpha=float(row["alpha"]),
            items=int(row["items"]),
            respondents=int(row["respondents"]),
        )
        for row in rows
    }


@functools.cache
def trait_bands() -> dict[str, tuple[float, float]]:
    """Return (low_upper, high_lower) by trait, the cuts that the marts use as well."""
    with (DATA_FOLDER / "trait_bands.csv").open(encoding="utf-8", newline="") as file:
        return {row["trait"]: (float(row["low_upper"]), float(row["high_lower"])) for row in csv.DictReader(file)}


def standard_error(trait: str, item_count: int) -> float:
    """Return the standard error of measurement of a mean of `item_count` items (formula above)."""
    norm = trait_norms()[trait]
    k = norm.items
    single = norm.alpha / (k - (k - 1) * norm.alpha)
    item_variance = k * norm.standard_deviation**2 / (1 + (k - 1) * single)
    return math.sqrt(item_variance * (1 - single) / item_count)


def score_traits(answers: Mapping[str, int]) -> dict[str, TraitScore]:
    """Return a score for every trait with at least one rated item; skipped items are simply absent.

    Args:
        answers: item id to rating, a whole number from 1 to 5.

    Raises:
        InvalidAnswers: names every item that is unknown or out of range.
    """
    items = {item.id: item for item in load_questions().items()}
    problems: dict[str, str] = {}
    keyed: dict[str, list[int]] = {trait: [] for trait in TRAITS}
    for item_id, rating in answers.items():
        item = items.get(item_id)
        if item is None:
            problems[str(item_id)[:40]] = "there is no such item"
        elif isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= HIGHEST_RATING:
            problems[item_id] = "rate it with a whole number from 1 to 5"
        else:
            keyed[item.trait].append(LOWEST_RATING + HIGHEST_RATING - rating if item.reversed else rating)
    if problems:
        raise InvalidAnswers(problems)
    return {
        trait: TraitScore(trait, sum(values) / len(values), standard_error(trait, len(values)), len(values))
        for trait, values in keyed.items()
        if values
    }


def trait_band(trait: str, score: float) -> Band:
    """Return where a score lies between the fixed cuts. Neuroticism is banded as neuroticism, not as steadiness."""
    low_upper, high_lower = trait_bands()[trait]
    if score <= low_upper:
        return "low"
    return "high" if score >= high_lower else "middle"


def shown_trait(trait: str, score: float) -> ShownTrait:
    """Return the name and score to show: a person reads "emotional steadiness", never "neuroticism"."""
    if trait == "neuroticism":
        return ShownTrait("emotional_steadiness", LOWEST_RATING + HIGHEST_RATING - score)
    return ShownTrait(trait, score)


def stored_trait(name: str, score: float) -> tuple[str, float]:
    """Return the trait and score to keep for a shown name: the inverse of `shown_trait`, for slider edits."""
    if name == "emotional_steadiness":
        return "neuroticism", LOWEST_RATING + HIGHEST_RATING - score
    return name, score
