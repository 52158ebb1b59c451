from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.conversation.rules.questions import TRAITS
from api.generation.rules.data_files import read_yaml
from api.generation.rules.framing import (
    FRAMING_NAMES,
    FRAMINGS,
    UnknownFramingError,
    draw_framing,
    framing_named,
    framing_probabilities,
)  # fmt: skip
from api.generation.rules.wording import SECTIONS

SCORES = st.dictionaries(st.sampled_from(TRAITS), st.floats(allow_nan=True, allow_infinity=True), max_size=5)


def exact(probabilities: dict[str, float]) -> Fraction:
    return sum((Fraction(str(value)) for value in probabilities.values()), Fraction(0))


def test_six_framings_with_their_traits() -> None:
    assert FRAMING_NAMES == ("neutral", "inventive", "structured", "energetic", "collaborative", "steady")
    assert [framing.trait for framing in FRAMINGS] == [None, *TRAITS]
    assert framing_named("steady").direction == "low"
    for framing in FRAMINGS:
        assert sorted(framing.sections) == sorted(SECTIONS)
        assert set(framing.summary) == {"identity", "skills", "own", "achievement"}
        assert framing.description


def test_verbs_may_only_replace_verbs_of_their_kind() -> None:
    kinds = set(read_yaml("phrasing.yaml")["verb_of"].values())
    for framing in FRAMINGS:
        assert set(framing.verbs) <= kinds


def test_unknown_framing_names_the_known_ones() -> None:
    with pytest.raises(UnknownFramingError, match="neutral"):
        framing_named("shouting")


@settings(max_examples=200)
@given(st.one_of(st.none(), SCORES))
def test_probabilities_add_up_to_one_above_the_floor(traits: dict[str, float] | None) -> None:
    probabilities = framing_probabilities(traits)
    assert exact(probabilities) == 1
    assert math.fsum(probabilities.values()) == 1.0
    assert all(value >= 0.05 for value in probabilities.values())
    assert probabilities["neutral"] == 0.2


def test_without_traits_all_others_are_alike() -> None:
    probabilities = framing_probabilities(None)
    others = [probabilities[name] for name in FRAMING_NAMES if name != "neutral"]
    assert max(others) - min(others) <= 0.0005


@pytest.mark.parametrize(
    ("trait", "score", "framing"),
    [("openness", 5, "inventive"), ("conscientiousness", 5, "structured"), ("extraversion", 5, "energetic"),
     ("agreeableness", 5, "collaborative"), ("neuroticism", 1, "steady")],
)  # fmt: skip
def test_fitting_framing_is_likelier(trait: str, score: float, framing: str) -> None:
    fitted, middle = framing_probabilities({trait: score}), framing_probabilities(None)
    assert max(fitted, key=lambda name: fitted[name]) == framing
    assert fitted[framing] > middle[framing]
    unfit = framing_probabilities({trait: 6 - score})
    assert unfit[framing] < middle[framing]


def test_the_draw_follows_its_probabilities() -> None:
    """10,000 seeds: each share lies within five standard errors of its probability."""
    traits = {"openness": 4.5, "extraversion": 2.0}
    draws = [draw_framing(traits=traits, seed=f"person-{number}:ad") for number in range(10_000)]
    counts = Counter(draw.framing for draw in draws)
    for name, chance in draws[0].probabilities.items():
        assert abs(counts[name] / 10_000 - chance) < 5 * math.sqrt(chance * (1 - chance) / 10_000)


def test_the_same_seed_draws_the_same() -> None:
    first = draw_framing(traits={"openness": 4.0}, seed="person:ad")
    assert first == draw_framing(traits={"openness": 4.0}, seed="person:ad")
    assert first.policy_version
    assert set(first.probabilities) == set(FRAMING_NAMES)
    # Written down once, so that no later version of the code or of Python draws anew for people already drawn.
    assert [draw_framing(traits=None, seed=f"s{number}").framing for number in range(6)] == PINNED


PINNED = ["energetic", "steady", "neutral", "inventive", "energetic", "energetic"]
