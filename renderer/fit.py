"""Find the largest setting with which a document takes no more pages than asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fit:
    """Index of the chosen setting, and whether the target was met."""

    index: int
    fits: bool


def largest_fitting(pages_at: Callable[[int], int], count: int, default: int, target: int) -> Fit:
    """Bounded search over settings 0 (largest) to `count - 1` (smallest): at most 2 + log2(count) layouts.

    Smaller type never takes more pages, so the answer is a boundary. If even the smallest setting misses the
    target, shrinking buys nothing and the default stays.
    """
    if pages_at(count - 1) > target:
        return Fit(default, fits=False)
    too_large, fitting = -1, count - 1
    middle = default
    while fitting - too_large > 1:
        if pages_at(middle) <= target:
            fitting = middle
        else:
            too_large = middle
        middle = (too_large + fitting) // 2
    return Fit(fitting, fits=True)
