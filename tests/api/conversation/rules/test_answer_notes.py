from __future__ import annotations

import pytest

from api.conversation.rules.answer_notes import note_answers

TEN = ("o1", "o2", "c1", "c2", "e1", "e2", "a1", "a2", "n1", "n2")
PLAIN = {"o1": 4, "o2": 2, "c1": 5, "c2": 1, "e1": 2, "e2": 4, "a1": 4, "a2": 2, "n1": 2, "n2": 4}


def noted(ratings: dict[str, int]) -> list[tuple[str, str | None]]:
    return [(note.code, note.trait) for note in note_answers(ratings)]


def test_ordinary_ratings_need_no_word() -> None:
    assert noted(PLAIN) == []
    assert noted({}) == []


@pytest.mark.parametrize("rating", [1, 3, 5])
def test_one_rating_for_everything_is_said(rating: int) -> None:
    assert noted(dict.fromkeys(TEN, rating)) == [("one_answer", None)]


def test_both_sides_of_a_trait_are_at_odds() -> None:
    assert noted({**PLAIN, "n1": 5, "n2": 5}) == [("at_odds", "emotional_steadiness")]
    assert noted({**PLAIN, "o1": 4, "o2": 3}) == []


def test_a_trait_without_a_rating_is_said() -> None:
    assert noted({"o1": 4, "c1": 4, "e1": 4}) == [("not_rated", "agreeableness"), ("not_rated", "emotional_steadiness")]
