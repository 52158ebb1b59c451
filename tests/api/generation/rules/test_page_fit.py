from __future__ import annotations

from dataclasses import replace

import pytest

from api.generation.rules.composer import compose
from api.generation.rules.document import assemble_markdown
from api.generation.rules.framing import FRAMING_NAMES
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.page_fit import STEPS, tightened
from api.generation.rules.tenure import newest_first
from api.generation.rules.wording import ComposeOptions
from api.profile.rules.profile import Profile

OPTIONS = ComposeOptions(pages=1, as_of_year_month=(2026, 11))


@pytest.mark.parametrize("tight", range(1, len(STEPS) + 1))
def test_every_step_is_shorter_and_keeps_a_bullet_of_every_role(
    engineer: Profile, backend_ad: JobAnalysis, tight: int
) -> None:
    wording = compose(engineer, backend_ad, "neutral", options=OPTIONS)
    before = tightened(wording, engineer, backend_ad, tight - 1) if tight > 1 else wording
    shorter = tightened(wording, engineer, backend_ad, tight)
    assert sum(map(len, shorter.bullet_order.values())) <= sum(map(len, before.bullet_order.values()))
    page = assemble_markdown(engineer, shorter, options=replace(OPTIONS, tight=tight), language="en")
    for role in engineer.roles:
        assert role.employer in page
        assert not role.bullets or shorter.bullet_order[role.id]


def test_all_framings_leave_out_the_same_facts(engineer: Profile, backend_ad: JobAnalysis) -> None:
    shown = {
        framing: {
            parent: frozenset(order)
            for parent, order in tightened(
                compose(engineer, backend_ad, framing, options=OPTIONS), engineer, backend_ad, 2
            ).bullet_order.items()
        }
        for framing in FRAMING_NAMES
    }
    assert len({str(sorted((k, sorted(v)) for k, v in facts.items())) for facts in shown.values()}) == 1


def test_roles_and_degrees_are_shown_newest_first_where_dates_tell(engineer: Profile) -> None:
    turned = replace(engineer, roles=tuple(reversed(engineer.roles)))
    assert newest_first(turned).roles == newest_first(engineer).roles
    undated = replace(
        engineer, roles=tuple(replace(role, start=None, end=None, current=False) for role in turned.roles)
    )
    assert newest_first(undated) == newest_first(replace(undated))
    assert [role.employer for role in newest_first(undated).roles] == [role.employer for role in undated.roles]
