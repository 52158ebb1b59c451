"""Trait scores: keyed right, with an honest error, banded by cuts that follow from the published norms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.conversation.rules.questions import TRAITS, load_questions
from api.conversation.rules.traits import (
    InvalidAnswers,
    score_traits,
    shown_trait,
    standard_error,
    stored_trait,
    trait_band,
    trait_bands,
    trait_norms,
)

STORY_ITEMS = [item for question in load_questions().questions for item in question.items]
ALL_ITEMS = list(load_questions().items())


def test_answering_five_everywhere_gives_the_middle_on_every_story_scale() -> None:
    scores = score_traits({item.id: 5 for item in STORY_ITEMS})
    assert {trait: score.score for trait, score in scores.items()} == dict.fromkeys(TRAITS, 3.0)
    assert {score.item_count for score in scores.values()} == {2}


def test_answering_five_over_the_whole_instrument_shows_the_unbalanced_scale() -> None:
    scores = score_traits({item.id: 5 for item in ALL_ITEMS})
    assert scores["openness"].score == 2.0
    assert all(scores[trait].score == 3.0 for trait in TRAITS if trait != "openness")


@pytest.mark.parametrize("trait", TRAITS)
def test_agreeing_with_plain_and_refusing_reversed_items_gives_the_top(trait: str) -> None:
    answers = {item.id: 1 if item.reversed else 5 for item in ALL_ITEMS if item.trait == trait}
    assert score_traits(answers) == {trait: score_traits(answers)[trait]}
    assert score_traits(answers)[trait].score == 5.0


def test_skipped_items_leave_traits_out_and_widen_the_error() -> None:
    assert score_traits({}) == {}
    one = score_traits({"e1": 4})
    assert list(one) == ["extraversion"]
    assert one["extraversion"].item_count == 1
    two, four = standard_error("extraversion", 2), standard_error("extraversion", 4)
    assert one["extraversion"].standard_error > two > four


@pytest.mark.parametrize("trait", TRAITS)
def test_the_error_of_the_full_scale_is_the_classical_one(trait: str) -> None:
    norm = trait_norms()[trait]
    assert standard_error(trait, 4) == pytest.approx(norm.standard_deviation * math.sqrt(1 - norm.alpha), rel=1e-12)


@pytest.mark.parametrize(
    ("answers", "named"),
    [({"e1": 6}, "e1"), ({"e1": 0}, "e1"), ({"e1": True}, "e1"), ({"e1": 2.5}, "e1"), ({"zz": 3}, "zz")],
)
def test_bad_ratings_are_refused_by_name(answers: dict[str, int], named: str) -> None:
    with pytest.raises(InvalidAnswers) as caught:
        score_traits({"a1": 3, **answers})
    assert list(caught.value.problems) == [named]


@given(st.dictionaries(st.sampled_from([item.id for item in ALL_ITEMS]), st.integers(1, 5)))
def test_scores_and_intervals_stay_on_the_scale(answers: dict[str, int]) -> None:
    scores = score_traits(answers)
    assert sum(score.item_count for score in scores.values()) == len(answers)
    for score in scores.values():
        low, high = score.interval
        assert 1 <= low <= score.score <= high <= 5


@given(st.dictionaries(st.sampled_from([item.id for item in ALL_ITEMS]), st.integers(1, 5), min_size=1))
def test_turning_every_rating_round_mirrors_every_score(answers: dict[str, int]) -> None:
    mirrored = score_traits({item_id: 6 - rating for item_id, rating in answers.items()})
    for trait, score in score_traits(answers).items():
        assert mirrored[trait].score == pytest.approx(6 - score.score)


@pytest.mark.parametrize("trait", TRAITS)
def test_the_published_cuts_follow_from_the_norms(trait: str) -> None:
    norm = trait_norms()[trait]
    half = norm.standard_deviation / 2
    assert trait_bands()[trait] == (round(norm.mean - half, 2), round(norm.mean + half, 2))


@pytest.mark.parametrize("trait", TRAITS)
def test_bands_include_their_cuts(trait: str) -> None:
    low_upper, high_lower = trait_bands()[trait]
    assert trait_band(trait, low_upper) == "low"
    assert trait_band(trait, low_upper + 0.01) == "middle"
    assert trait_band(trait, high_lower) == "high"
    assert trait_band(trait, 1.0) == "low"
    assert trait_band(trait, 5.0) == "high"


def test_neuroticism_is_shown_as_steadiness_and_stored_back() -> None:
    shown = shown_trait("neuroticism", 2.0)
    assert (shown.name, shown.score) == ("emotional_steadiness", 4.0)
    assert stored_trait(shown.name, shown.score) == ("neuroticism", 2.0)
    assert stored_trait("openness", 3.5) == ("openness", 3.5)
