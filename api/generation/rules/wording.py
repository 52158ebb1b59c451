"""The words of a resume, apart from its facts.

A wording can only say how facts are told: a summary, a rewrite per bullet id, orders. Names, employers, titles, dates
and degrees have no place here, so no provider of words can change one (DESIGN D2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SECTIONS = (
    "summary",
    "experience",
    "education",
    "projects",
    "skills",
    "certificates",
    "awards",
    "publications",
    "volunteering",
    "languages",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a provider of words may decide.

    summary       plain text of a few sentences, empty for none
    rewrites      bullet id -> new text; a bullet without one keeps the person's words
    bullet_order  parent id -> ids of the bullets shown, in order; a parent without an entry shows all of its own
    skill_order   skills as the person wrote them, most relevant first; those not named follow in the person's order
    sections      sections shown, in order; empty for the default
    """

    summary: str = ""
    rewrites: Mapping[str, str] = field(default_factory=dict)
    bullet_order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skill_order: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComposeOptions:
    """What the person chose: sections in their order (None: by framing), pages (1, 2 or None), language of headings.

    `as_of_year_month` is (year, month) of today, given by the caller because these rules read no clock; without it a
    current role counts up to the latest date the profile names. `tight` is the step of `page_fit` that the pages need.
    """

    sections: tuple[str, ...] | None = None
    pages: int | None = None
    language: str = "en"
    as_of_year_month: tuple[int, int] | None = None
    tight: int = 0
