"""How long somebody has worked, as far as a resume may say it.

Rules read no clock: an open role counts up to the month the caller names, else to the latest date in the profile, so
that the figure is never too high.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from api.profile.rules.dates import parse_date, tenure_months
from api.profile.rules.profile import Degree, Profile, Project, Role


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
