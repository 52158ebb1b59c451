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
    missing = [_note("not_rated", trait, _NOT_RATED) for trait, values in keyed.items() if not values]
    if len(ratings) >= _ENOUGH and len(set(ratings.values())) == 1:
        return [AnswerNote("one_answer", None, _ONE_ANSWER), *missing]
    far = [trait for trait, values in keyed.items() if values and max(values) - min(values) >= _FAR]
    return [*(_note("at_odds", trait, _AT_ODDS) for trait in far), *missing]


_ONE_ANSWER = (
    "Every statement has the same rating. Half of them are worded the other way round, so all scores lie in the "
    "middle. Rate the statements again, or move the sliders."
)
_AT_ODDS = "The ratings on {} contradict each other, so the score says little."
_NOT_RATED = "No statement on {} was rated; it counts as the middle of the scale."


def _keyed(item: Item, rating: int) -> int:
    return LOWEST_RATING + HIGHEST_RATING - rating if item.reversed else rating


def _note(code: NoteCode, trait: str, sentence: str) -> AnswerNote:
    name = shown_trait(trait, 0).name
    return AnswerNote(code, name, sentence.format(name.replace("_", " ")))
