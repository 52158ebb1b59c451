"""Framings, and the draw that makes a framing an experiment.

A framing is one way to tell the same facts. Which framing a person gets is drawn once per (person, job ad) with
probabilities that are logged, because only a draw whose chances are known lets anybody say later that a framing had an
effect (DESIGN D6). Every framing keeps a chance of at least the floor, so each stays comparable for everybody.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from api.generation.rules.data_files import read_yaml

_MIDDLE = 3.0
_GRAIN = 10_000


@dataclass(frozen=True, slots=True)
class Framing:
    """One framing as its data file describes it; see `framings.yaml` for the meaning of each part."""

    name: str
    description: str
    trait: str | None
    direction: str | None
    lead_with: tuple[str, ...]
    numbers_first: bool
    verbs: Mapping[str, str]
    sections: tuple[str, ...]
    summary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FramingDraw:
    """A drawn framing with everything needed to draw it again and to weigh it in an analysis."""

    framing: str
    probabilities: dict[str, float]
    policy_version: str
    seed: str


class UnknownFramingError(ValueError):
    """A framing that no data file describes."""


@cache
def _load() -> tuple[Framing, ...]:
    document: Any = read_yaml("framings.yaml")
    return tuple(
        Framing(
            name=row["name"],
            description=row["description"],
            trait=row["trait"],
            direction=row["direction"],
            lead_with=tuple(row["lead_with"]),
            numbers_first=row["numbers_first"],
            verbs=row["verbs"],
            sections=tuple(row["sections"]),
            summary=tuple(row["summary"]),
        )
        for row in document["framings"]
    )


FRAMINGS: tuple[Framing, ...] = _load()
FRAMING_NAMES: tuple[str, ...] = tuple(framing.name for framing in FRAMINGS)


def framing_named(name: str) -> Framing:
    """The framing of that name; UnknownFramingError names the known ones."""
    for framing in FRAMINGS:
        if framing.name == name:
            return framing
    raise UnknownFramingError(f"there is no framing {name!r}; choose one of {', '.join(FRAMING_NAMES)}")


def framing_probabilities(traits: Mapping[str, float] | None) -> dict[str, float]:
    """The chance of each framing, by the policy of the data file; the six add up to exactly 1.

    Neutral has a fixed chance. The rest goes to the others: the floor to each, what is left in proportion to
    `exp(fit)`, where fit is the distance of the fitted trait from the middle of its 1-5 scale (turned round for a "low"
    framing). Without traits all fits are 0. Chances are multiples of 1/10,000, so that logged and used ones are equal.
    """
    policy: Any = read_yaml("framings.yaml")["policy"]
    neutral, floor = Fraction(str(policy["neutral"])), Fraction(str(policy["floor"]))
    fitted = [framing for framing in FRAMINGS if framing.trait is not None]
    fits = [math.exp(_fit(framing, traits or {})) for framing in fitted]
    left = 1 - neutral - floor * len(fitted)
    shares = {
        framing.name: floor + Fraction(int(left * Fraction(fit / sum(fits)) * _GRAIN), _GRAIN)
        for framing, fit in zip(fitted, fits, strict=True)
    }
    # What rounding down left over goes to the first of the most likely ones: no chance falls below the floor.
    most_likely = max(shares, key=lambda name: (shares[name], -FRAMING_NAMES.index(name)))
    shares[most_likely] += 1 - neutral - sum(shares.values())
    return {name: float(shares.get(name, neutral)) for name in FRAMING_NAMES}


def draw_framing(*, traits: Mapping[str, float] | None, seed: str) -> FramingDraw:
    """Draw a framing. The same seed and traits draw the same framing, on every machine and in every version of Python.

    `seed` names the (person, job ad); `traits` are scores on the 1-5 scale, missing ones count as the middle.
    """
    policy: Any = read_yaml("framings.yaml")["policy"]
    probabilities = framing_probabilities(traits)
    digest = hashlib.sha256(f"{policy['version']}\x00{seed}".encode()).digest()
    point = Fraction(int.from_bytes(digest[:8], "big"), 2**64)
    reached = Fraction(0)
    chosen = FRAMING_NAMES[-1]
    for name in FRAMING_NAMES:
        reached += Fraction(round(probabilities[name] * _GRAIN), _GRAIN)
        if point < reached:
            chosen = name
            break
    return FramingDraw(chosen, probabilities, str(policy["version"]), seed)


def _fit(framing: Framing, traits: Mapping[str, float]) -> float:
    score = float(traits.get(framing.trait or "", _MIDDLE))
    if not math.isfinite(score):
        score = _MIDDLE
    distance = min(5.0, max(1.0, score)) - _MIDDLE
    return -distance if framing.direction == "low" else distance
