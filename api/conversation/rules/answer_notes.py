"""What the ratings of a person say about themselves: all alike, at odds with each other, or missing.

Half of the statements are worded the other way round. Who rates all of them alike lands in the middle of every trait,
and who agrees with both sides of one has not told where they stand. The score is still computed; the note says why it
means little and leaves the slider to the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from api.conversation.rules.questions import TRAITS, Item, load_questions
from api.conversation.rules.traits import HIGHEST_RATING, LOWEST_RATING, shown_trait

NoteCode = Literal["one_answer", "at_odds", "not_rated"]
_ENOUGH = 8
"""Ratings from which on "always the same" is no accident."""
_FAR = 3
"""Steps between two ratings of one trait, both turned the same way, from which on they contradict each other."""


@dataclass(frozen=True, slots=True)
class AnswerNote:
    """A remark on the ratings. `trait` is the shown name, None where it concerns all."""

    code: NoteCode
    trait: str | None
    message: str


def note_answers(ratings: Mapping[str, int]) -> list[AnswerNote]:
    """The remarks on these ratings, by item id; none for ordinary ones, and none where nothing was rated."""
    items = {item.id: item for item in load_questions().items()}
    keyed: dict[str, list[int]] = {trait: [] for trait in TRAITS}
    for item_id, rating in ratings.items():
        item = items.get(item_id)
        if item is not None:
            keyed[item.trait].append(_keyed(item, rating))
    if not any(keyed.values()):
        return []
    missing = [_missing(trait) for trait, values in keyed.items() if not values]
    if len(ratings) >= _ENOUGH and len(set(ratings.values())) == 1:
        return [AnswerNote("one_answer", None, _ONE_ANSWER), *missing]
    at_odds = [_at_odds(trait) for trait, values in keyed.items() if values and max(values) - min(values) >= _FAR]
    return [*at_odds, *missing]


_ONE_ANSWER = (
    "Every statement has the same rating. Half of them are worded the other way round, so all scores lie in the "
    "middle. Rate the statements again, or move the sliders."
)


def _keyed(item: Item, rating: int) -> int:
    return LOWEST_RATING + HIGHEST_RATING - rating if item.reversed else rating


def _at_odds(trait: str) -> AnswerNote:
    name = shown_trait(trait, 0).name
    words = name.replace("_", " ")
    return AnswerNote("at_odds", name, f"The ratings on {words} contradict each other, so the score says little.")


def _missing(trait: str) -> AnswerNote:
    name = shown_trait(trait, 0).name
    words = name.replace("_", " ")
    return AnswerNote("not_rated", name, f"No statement on {words} was rated; it counts as the middle of the scale.")
