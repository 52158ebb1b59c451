"""The draw of a model: chances that add up, the same draw for the same seed, shares as asked for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.generation.rules.framing import draw_framing
from api.generation.rules.model_draw import MOST_FOR_ARMS, ModelArm, draw_model, model_probabilities

SHARES = st.decimals(min_value=0, max_value=1, places=3)


def arms(*shares: str) -> list[ModelArm]:
    return [ModelArm(f"arm-{number}", Decimal(share)) for number, share in enumerate(shares)]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((), {"base": 1.0}),
        (("0",), {"base": 1.0}),
        (("0.2",), {"base": 0.8, "arm-0": 0.2}),
        (("0.1", "0.3"), {"base": 0.6, "arm-0": 0.1, "arm-1": 0.3}),
        (("1",), {"base": 0.05, "arm-0": 0.95}),
        (("0.9", "0.9"), {"base": 0.05, "arm-0": 0.475, "arm-1": 0.475}),
    ],
)
def test_the_control_gets_what_the_arms_leave(shares: tuple[str, ...], expected: dict[str, float]) -> None:
    assert {name: float(chance) for name, chance in model_probabilities("base", arms(*shares)).items()} == expected


def test_an_arm_that_is_the_control_is_no_choice() -> None:
    assert draw_model("arm-0", arms("0.5"), seed="s") is None
    assert draw_model("base", [], seed="s") is None


@given(st.lists(SHARES, max_size=5), st.text(max_size=20))
def test_chances_add_up_and_the_drawn_model_had_one(shares: list[Decimal], seed: str) -> None:
    candidates = [ModelArm(f"arm-{number}", share) for number, share in enumerate(shares)]
    chances = model_probabilities("base", candidates)
    assert sum(chances.values()) == 1
    assert chances["base"] >= 1 - MOST_FOR_ARMS
    drawn = draw_model("base", candidates, seed=seed)
    assert drawn == draw_model("base", list(reversed(candidates)), seed=seed)
    if drawn is not None:
        assert drawn.probabilities[drawn.model] > 0


def test_shares_are_kept_and_the_draw_says_nothing_about_the_framing() -> None:
    seeds = [f"person-{number}:ad" for number in range(4_000)]
    drawn = [draw_model("base", arms("0.3"), seed=seed) for seed in seeds]
    on_arm = [draw is not None and draw.model == "arm-0" for draw in drawn]
    assert sum(on_arm) / len(seeds) == pytest.approx(0.3, abs=0.03)
    neutral = [draw_framing(traits=None, seed=seed).framing == "neutral" for seed in seeds]
    both = sum(first and second for first, second in zip(on_arm, neutral, strict=True)) / len(seeds)
    assert both == pytest.approx(sum(on_arm) * sum(neutral) / len(seeds) ** 2, abs=0.02)
