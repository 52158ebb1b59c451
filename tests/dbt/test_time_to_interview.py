"""The cumulative incidence against a second implementation, before disclosure control."""

from __future__ import annotations

import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.statistics import (
    Spell,
    clustered_standard_error,
    cumulative_incidence,
    incidence_interval,
)

GROUPS = [
    ("overall", "all", "true"),
    ("framing", "structured", "framing_drawn = 'structured'"),
    ("openness", "high", "openness_band = 'high'"),
    ("model_drawn", "projects/p/locations/us-central1/endpoints/7", "model_drawn like 'projects/%'"),
    ("framing_and_job_family", "steady | data", "framing_drawn = 'steady' and job_family = 'data'"),
]


@pytest.mark.parametrize(("group_by", "group_value", "condition"), GROUPS, ids=[group[0] for group in GROUPS])
def test_exact_figures_agree_with_a_second_implementation(
    postgres_build: PostgresBuild, group_by: str, group_value: str, condition: str
) -> None:
    rows = postgres_build.rows(
        f"select person_key, exit_kind, exit_day, follow_up_days, answered_scheduled_check_in as answered"
        f" from core.fct_applications where excluded_reason is null and {condition}"
    )
    endings = {"interview": 1, "rejected": 2, "withdrawn": 2, "open": 0}
    answered = [Spell(row["person_key"], row["exit_day"], endings[row["exit_kind"]]) for row in rows if row["answered"]]
    silent = [Spell(row["person_key"], row["follow_up_days"], 0) for row in rows if not row["answered"]]
    exact = postgres_build.rows(
        "select * from staging.int_time_to_interview where group_by = %s and group_value = %s", group_by, group_value
    )
    assert [row["horizon_days"] for row in sorted(exact, key=lambda row: row["horizon_days"])] == [14, 30, 60, 90]
    for figure in exact:
        horizon = figure["horizon_days"]
        incidence = cumulative_incidence(answered, horizon)
        assert figure["incidence"] == pytest.approx(incidence, rel=1e-9)
        assert figure["incidence_lower_bound"] == pytest.approx(
            cumulative_incidence(answered + silent, horizon), rel=1e-9
        )
        assert figure["people_answered"] == len({spell.person for spell in answered})
        assert figure["people_everyone"] == len({spell.person for spell in answered + silent})
        assert figure["people_at_risk"] == len({spell.person for spell in answered if spell.day >= horizon})
        assert figure["incidence_lower_bound"] <= figure["incidence"]
        if len(answered) < 150:
            error = clustered_standard_error(answered, horizon)
            assert figure["standard_error"] == pytest.approx(error, rel=1e-6)
            lower, upper = incidence_interval(incidence, figure["standard_error"], figure["people_answered"] // 5 * 5)
            assert (figure["lower_95"], figure["upper_95"]) == pytest.approx((lower, upper), rel=1e-9)


def test_half_and_area_follow_the_curve(postgres_build: PostgresBuild) -> None:
    curve = postgres_build.rows(
        "select day, incidence from staging.int_incidence_curves"
        " where group_by = 'overall' and population = 'answered' order by day"
    )
    (exact,) = postgres_build.rows(
        "select days_to_half, area_to_day_90 from staging.int_time_to_interview"
        " where group_by = 'overall' and horizon_days = 90"
    )
    reached = [point["day"] for point in curve if point["incidence"] >= 0.5]
    assert exact["days_to_half"] == (reached[0] if reached else None)
    by_day = {point["day"]: point["incidence"] for point in curve}
    area, level = 0.0, 0.0
    for day in range(90):
        level = by_day.get(day, level)
        area += level
    assert exact["area_to_day_90"] == pytest.approx(area, rel=1e-9)
