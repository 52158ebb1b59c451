"""How much a bullet speaks to an ad, and how well it suits a framing.

Selection uses only the first, so all framings of one ad show the same facts; order uses both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from api.generation.rules.framing import Framing
from api.generation.rules.matcher import skill_ids
from api.generation.rules.quantities import find_quantities
from api.profile.rules.profile import Bullet

_FIGURE_WORTH = 0.6
_FRAMING_WORTH = 1.6


@lru_cache(maxsize=4096)
def skills_of(text: str) -> frozenset[str]:
    """The skills a text names; remembered, because composing looks at the same bullets several times."""
    return skill_ids(text)


def has_figure(text: str) -> bool:
    """Whether the text states a result or size in figures (a year alone is none)."""
    return any(
        quantity.value != quantity.value.to_integral_value() or not 1900 <= quantity.value <= 2100 or quantity.unit
        for quantity in find_quantities(text)
    )


def ad_relevance(text: str, weights: Mapping[str, float]) -> float:
    """Sum of the ad's weights for the skills in the text, and a little for a figure. 0.0 and up."""
    return sum(weights.get(skill, 0.0) for skill in sorted(skills_of(text))) + _FIGURE_WORTH * has_figure(text)


def framing_fit(text: str, framing: Framing) -> float:
    """How well the text suits the framing: words it leads with, at the start twice, and figures where it wants them."""
    lower = text.lower()
    start = lower[:24]
    hits = 0.0
    for word in framing.lead_with:
        if re.search(rf"\b{re.escape(word)}", start):
            hits += 2.0
        elif re.search(rf"\b{re.escape(word)}", lower):
            hits += 1.0
    return _FRAMING_WORTH * min(hits, 3.0) + (2.5 if framing.numbers_first and has_figure(text) else 0.0)


def select_bullets(bullets: Sequence[Bullet], weights: Mapping[str, float], limit: int) -> list[Bullet]:
    """The `limit` most relevant bullets in the person's order; at least one when there is any."""
    if len(bullets) <= limit:
        return list(bullets)
    ranked = sorted(range(len(bullets)), key=lambda index: (-ad_relevance(bullets[index].text, weights), index))
    return [bullets[index] for index in sorted(ranked[: max(1, limit)])]


def order_bullets(bullets: Sequence[Bullet], weights: Mapping[str, float], framing: Framing) -> list[Bullet]:
    """The bullets with the strongest first: for the ad and the framing together; ties keep the person's order."""
    ranked = sorted(
        range(len(bullets)),
        key=lambda index: (
            -(ad_relevance(bullets[index].text, weights) + framing_fit(bullets[index].text, framing)),
            index,
        ),
    )
    return [bullets[index] for index in ranked]
