"""How long somebody has worked, as far as a resume may say it.

Rules read no clock: an open role counts up to the month the caller names, else to the latest date in the profile, so
that the figure is never too high.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from api.profile.rules.dates import is_current, parse_date, tenure_months
from api.profile.rules.profile import Degree, Profile, Project, Role

_Dated = TypeVar("_Dated", Role, Degree)


def latest_known_month(profile: Profile) -> date | None:
    """The latest month any date of the profile names."""
    texts: list[str | None] = []
    parts: tuple[Role | Degree | Project, ...] = (
        *profile.roles, *profile.volunteer, *profile.degrees, *profile.projects,
    )  # fmt: skip
    for part in parts:
        texts.extend((part.start, part.end))
    texts.extend(item.date for item in (*profile.certificates, *profile.awards, *profile.publications))
    dates = [parsed for text in texts if (parsed := parse_date(text)) is not None]
    return max((date(parsed.year, parsed.month or 1, 1) for parsed in dates), default=None)


def tenure_years(profile: Profile, roles: Iterable[Role], as_of_year_month: tuple[int, int] | None) -> int:
    """Whole years covered by at least one of the roles; overlaps count once."""
    as_of = date(*as_of_year_month, 1) if as_of_year_month else latest_known_month(profile)
    return tenure_months(roles, as_of) // 12 if as_of else 0


def longest_tenure_years(profile: Profile, as_of_year_month: tuple[int, int] | None) -> int:
    """Whole years of all paid work: the most that a sentence about experience may claim."""
    return tenure_years(profile, profile.roles, as_of_year_month)


def newest_first(profile: Profile) -> Profile:
    """The profile with paid roles and degrees in the order that readers expect, where their dates tell it.

    What has no readable date keeps the person's order: then nothing is moved.
    """
    return replace(profile, roles=_newest_first(profile.roles), degrees=_newest_first(profile.degrees))


def _newest_first(parts: tuple[_Dated, ...]) -> tuple[_Dated, ...]:
    known = [(_last_day(part), _first_day(part)) for part in parts]
    if any(last is None for last, _ in known):
        return parts
    order = sorted(range(len(parts)), key=lambda index: (known[index], -index), reverse=True)
    return tuple(parts[index] for index in order)


def _last_day(part: Role | Degree) -> tuple[int, int] | None:
    if getattr(part, "current", False) or (part.start and is_current(part.end)):
        return (9999, 12)
    return _month(part.end) or _month(part.start)


def _first_day(part: Role | Degree) -> tuple[int, int]:
    return _month(part.start) or (0, 0)


def _month(text: str | None) -> tuple[int, int] | None:
    parsed = parse_date(text)
    return (parsed.year, parsed.month or 0) if parsed is not None else None
