from __future__ import annotations

from dataclasses import replace
from datetime import date

from api.generation.rules.tenure import latest_known_month, longest_tenure_years
from api.profile.rules.profile import Contact, Profile, Role


def people(*spans: tuple[str, str | None]) -> Profile:
    roles = tuple(Role(f"role-{n}", "E", "T", start, end, end is None) for n, (start, end) in enumerate(spans))
    return Profile(Contact(""), roles=roles)


def test_overlaps_count_once() -> None:
    assert longest_tenure_years(people(("2019", "2021"), ("2020", "2023")), (2026, 11)) == 4


def test_an_open_role_counts_to_the_month_that_is_named() -> None:
    assert longest_tenure_years(people(("2020-01", None)), (2026, 11)) == 6


def test_without_a_month_the_latest_date_known_bounds_it() -> None:
    open_role = people(("2020-01", None))
    assert longest_tenure_years(open_role, None) == 0
    longer = replace(open_role, roles=(*open_role.roles, Role("role-x", "E", "T", "2018-01", "2023-01")))
    assert latest_known_month(longer) == date(2023, 1, 1)
    assert longest_tenure_years(longer, None) == 5


def test_nothing_known_is_no_year() -> None:
    assert longest_tenure_years(people(), None) == 0
    assert longest_tenure_years(people(("soon", "later")), (2026, 11)) == 0
