"""Whether preferred texts are about as long as the others: else a model would learn to be long, or short."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import fmean, variance
from typing import Any

from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.errors import LengthsDifferError


def cohens_d(one: Sequence[int], other: Sequence[int]) -> float:
    """(mean - mean) / sqrt(pooled variance), Cohen (1988), Statistical Power Analysis, section 2.2.

    0 for fewer than two values a side; infinite when neither side varies and the means differ.
    """
    if min(len(one), len(other)) < 2:
        return 0.0
    difference = fmean(one) - fmean(other)
    weights = (len(one) - 1, len(other) - 1)
    pooled = math.sqrt((weights[0] * variance(one) + weights[1] * variance(other)) / sum(weights))
    return difference / pooled if pooled else (math.copysign(math.inf, difference) if difference else 0.0)


def length_balance(pairs: Sequence[tuple[int, int]], config: DatasetConfig) -> dict[str, Any]:
    """Mean characters of preferred and other texts, their relative difference and Cohen's d.

    Raises LengthsDifferError when either is more than allowed.
    """
    if not pairs:
        return {"pairs": 0}
    preferred, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    relative = fmean(preferred) / fmean(other) - 1
    effect = cohens_d(preferred, other)
    # In whole numbers: 1.1 - 1 is more than 0.1 to a machine, and ten per cent are allowed.
    too_long = abs(sum(preferred) - sum(other)) > Fraction(str(config.max_length_difference)) * sum(other)
    if too_long or abs(effect) > config.max_length_effect:
        raise LengthsDifferError(
            f"preferred texts are {relative:+.1%} in length beside the others on average, Cohen's d {effect:+.2f};"
            f" at most {config.max_length_difference:.0%} and {config.max_length_effect} are allowed"
        )
    return {
        "pairs": len(pairs),
        "preferred_mean": round(fmean(preferred), 1),
        "other_mean": round(fmean(other), 1),
        "relative_difference": round(relative, 4),
        "cohens_d": round(effect, 4),
    }
