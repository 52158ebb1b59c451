"""Second implementations of what the marts compute, by other routes: loops over subjects and numeric derivatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spell:
    """Days to an ending: 1 interview, 2 competing, 0 censored."""

    person: str
    day: int
    ending: int
    weight: float = 1.0


def cumulative_incidence(spells: Sequence[Spell], horizon: int) -> float:
    """Weighted Aalen-Johansen, one subject at a time."""
    survival, incidence = 1.0, 0.0
    for day in sorted({spell.day for spell in spells if spell.ending and spell.day <= horizon}):
        at_risk = sum(spell.weight for spell in spells if spell.day >= day)
        events = sum(spell.weight for spell in spells if spell.day == day and spell.ending == 1)
        competing = sum(spell.weight for spell in spells if spell.day == day and spell.ending == 2)
        incidence += survival * events / at_risk
        survival *= 1.0 - (events + competing) / at_risk
    return incidence


def clustered_standard_error(spells: Sequence[Spell], horizon: int, step: float = 1e-4) -> float:
    """Infinitesimal jackknife by central differences: move the weight of one person's spells, see what changes."""
    total = 0.0
    for person in {spell.person for spell in spells}:
        moved = [
            cumulative_incidence(
                [Spell(s.person, s.day, s.ending, s.weight + (change if s.person == person else 0.0)) for s in spells],
                horizon,
            )
            for change in (step, -step)
        ]
        total += ((moved[0] - moved[1]) / (2 * step)) ** 2
    return math.sqrt(total)


def incidence_interval(incidence: float, standard_error: float, people: int) -> tuple[float, float]:
    """F^exp(+-1.959964 se / (F ln F)), exact limits at 0 and 1."""
    if incidence == 0.0:
        return 0.0, 1.0 - 0.025 ** (1.0 / people)
    if incidence == 1.0:
        return 0.025 ** (1.0 / people), 1.0
    exponent = 1.959964 * standard_error / (incidence * math.log(incidence))
    bounds = incidence ** math.exp(exponent), incidence ** math.exp(-exponent)
    return min(bounds), max(bounds)
