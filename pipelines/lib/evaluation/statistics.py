"""How sure a win rate is when one person answers for several prompts. Pure.

Prompts of one person are alike, so people are what is counted. The variance of the mean is the cluster-robust one with
the factor G / (G - 1) for G people; it gives an effective number of prompts, and Wilson's score interval is taken at
that number (Korn and Graubard, 1998, with Wilson's interval, 1927). With every prompt won, the variance is 0 and says
nothing: then people, not prompts, are the effective number, so the bound stays below 1.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""The two-sided 95 % point of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class WinRate:
    """A share of 1 with its two-sided 95 % interval."""

    rate: float
    lower: float
    upper: float
    prompts: int
    people: int


def clustered_win_rate(outcomes: Sequence[tuple[int, float]]) -> WinRate:
    """The win rate over (person, outcome) pairs; an outcome is 1 for a win, 0.5 for a tie, 0 for a loss.

    Without prompts the interval is all of 0 to 1.
    """
    count = len(outcomes)
    if not count:
        return WinRate(0.5, 0.0, 1.0, 0, 0)
    rate = sum(outcome for _, outcome in outcomes) / count
    residuals: dict[int, float] = defaultdict(float)
    for person, outcome in outcomes:
        residuals[person] += outcome - rate
    people = len(residuals)
    effective = float(people)
    spread = sum(residual * residual for residual in residuals.values())
    if people > 1 and spread > 0 and 0 < rate < 1:
        variance = people / (people - 1) * spread / count**2
        effective = min(float(count), rate * (1 - rate) / variance)
    lower, upper = wilson(rate, effective)
    return WinRate(rate, lower, upper, count, people)


def wilson(rate: float, number: float) -> tuple[float, float]:
    """Wilson's score interval for `rate` seen on `number` independent trials, which need not be whole."""
    square = Z_95 * Z_95
    middle = (rate + square / (2 * number)) / (1 + square / number)
    half = Z_95 / (1 + square / number) * math.sqrt(rate * (1 - rate) / number + square / (4 * number * number))
    return max(0.0, middle - half), min(1.0, middle + half)
