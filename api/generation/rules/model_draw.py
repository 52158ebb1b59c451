"""Which model writes: a draw, logged like a framing's, so that marts judge a new model by the interviews it gets.

A new model starts as an arm with a share. What the arms leave goes to the control: the promoted model, else the
configured base model, else the composer. Drawn once per (person, job ad), from the same seed as the framing and
independently of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

COMPOSER = "composer"
"""Stands for the deterministic composer where a model is named."""
MOST_FOR_ARMS = Decimal("0.95")
"""All arms together: the control keeps at least one in twenty, or nothing could be compared with it."""


@dataclass(frozen=True, slots=True)
class ModelArm:
    """A model on trial: the name it is called by (an endpoint), and its share of all draws."""

    name: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class ModelDraw:
    """A drawn model with the chances of all."""

    model: str
    probabilities: dict[str, float]


def model_probabilities(control: str, arms: Sequence[ModelArm]) -> dict[str, Fraction]:
    """The chance of each model; they add up to exactly 1. Shares that add up to more than the arms may have are cut
    down in proportion."""
    tried = {arm.name: Fraction(arm.share) for arm in arms if arm.share > 0 and arm.name != control}
    wanted, most = sum(tried.values(), Fraction(0)), Fraction(MOST_FOR_ARMS)
    if wanted > most:
        tried = {name: share * most / wanted for name, share in tried.items()}
    return {control: 1 - sum(tried.values(), Fraction(0)), **tried}


def draw_model(control: str, arms: Sequence[ModelArm], *, seed: str) -> ModelDraw | None:
    """Draw a model, or None when there is no choice. The same seed, control and arms draw the same one everywhere."""
    chances = model_probabilities(control, arms)
    if len(chances) == 1:
        return None
    point = Fraction(int.from_bytes(hashlib.sha256(f"model\x00{seed}".encode()).digest()[:8], "big"), 2**64)
    reached = Fraction(0)
    chosen = control
    for name in sorted(chances):
        reached += chances[name]
        if point < reached:
            chosen = name
            break
    return ModelDraw(chosen, {name: float(chance) for name, chance in sorted(chances.items())})
