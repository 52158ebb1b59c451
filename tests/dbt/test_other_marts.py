"""Pay, the framing experiment and shares against scipy and plain arithmetic, before disclosure control."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import median
from typing import Any

import pytest
from scipy import stats

from tests.dbt.conftest import PostgresBuild


def test_pay_residuals_are_relative_to_comparable_offers(postgres_build: PostgresBuild) -> None:
    rows = postgres_build.rows("select * from staging.int_pay_residuals")
    comparable: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for row in rows:
        if row["log_pay"] is not None:
            comparable[row["job_family"], row["seniority"], row["region"], row["offer_year"]].append(row["log_pay"])
    assert len({row["person_key"] for row in rows}) == len(rows)
    for row in rows:
        pay = comparable[row["job_family"], row["seniority"], row["region"], row["offer_year"]]
        if row["log_pay"] is None or len(pay) < 5:
            assert row["residual"] is None
        else:
            assert row["residual"] == pytest.approx(row["log_pay"] - median(pay), abs=1e-12)


def test_salary_figures_agree_with_scipy(postgres_build: PostgresBuild) -> None:
    offers = postgres_build.rows("select * from staging.int_pay_residuals where residual is not null")
    exact = postgres_build.rows("select * from staging.int_salary_by_trait where job_family = 'all'")
    compared = 0
    for figure in exact:
        band = sorted(row["residual"] for row in offers if row[f"{figure['trait']}_band"] == figure["band"])
        assert figure["people"] == len(band)
        if len(band) < 2:
            continue
        k = max(1, math.floor((len(band) + 1) / 2 - stats.norm.ppf(0.995) * math.sqrt(len(band) / 4) + 0.5))
        error = (band[len(band) - k] - band[k - 1]) / (2 * stats.norm.ppf(0.995))
        assert figure["median_residual"] == pytest.approx(median(band), abs=1e-12)
        assert figure["standard_error"] == pytest.approx(error, rel=1e-9)
        groups = [
            [row["residual"] for row in offers if row[f"{figure['trait']}_band"] == name]
            for name in ("low", "middle", "high")
        ]
        if all(groups):
            test = stats.kruskal(*groups)
            assert figure["kruskal_wallis_h"] == pytest.approx(test.statistic, rel=1e-9)
            assert figure["kruskal_wallis_p"] == pytest.approx(test.pvalue, rel=1e-9)
            compared += 1
    assert compared >= 10


def test_framing_experiment_agrees_with_plain_arithmetic(postgres_build: PostgresBuild) -> None:
    rows = postgres_build.rows(
        "select * from core.fct_applications where framing_drawn is not null and excluded_reason is null"
        " and follow_up_days >= 60"
    )
    exact = {
        row["framing"]: row
        for row in postgres_build.rows(
            "select * from staging.int_framing_outcomes where outcome = 'interview' and population = 'everyone'"
        )
    }
    reached = {row["resume_id"]: row["interview_day"] is not None and row["interview_day"] <= 60 for row in rows}

    def incidence(framing: str, extra: dict[str, float]) -> float:
        weights = [
            (extra.get(row["person_key"], 0.0) + 1.0, reached[row["resume_id"]])
            for row in rows
            if row["framing_drawn"] == framing
        ]
        return sum(weight for weight, hit in weights if hit) / sum(weight for weight, _ in weights)

    p_values = {}
    for framing, figure in exact.items():
        assert figure["incidence"] == pytest.approx(incidence(framing, {}), rel=1e-9)
        if framing == "neutral":
            continue
        variance = 0.0
        for person in {row["person_key"] for row in rows if row["framing_drawn"] in (framing, "neutral")}:
            up, down = (
                incidence(framing, {person: step}) - incidence("neutral", {person: step}) for step in (1e-4, -1e-4)
            )
            variance += ((up - down) / 2e-4) ** 2
        assert figure["difference"] == pytest.approx(incidence(framing, {}) - incidence("neutral", {}), abs=1e-12)
        assert figure["difference_standard_error"] == pytest.approx(math.sqrt(variance), rel=1e-6)
        z = figure["difference"] / figure["difference_standard_error"]
        assert figure["p_value"] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)
        assert figure["family_size"] == 5
        p_values[framing] = figure["p_value"]
    adjusted = stats.false_discovery_control(list(p_values.values()))
    assert [exact[framing]["adjusted_p"] for framing in p_values] == pytest.approx(list(adjusted), rel=1e-9)


def test_overrides_and_named_framings_follow_the_intention(postgres_build: PostgresBuild) -> None:
    (counts,) = postgres_build.rows(
        """
        select count(*) filter (where framing_named_by_person and framing_drawn is not null) as named_in,
            count(*) filter (where framing_overridden) as overridden
        from core.fct_applications
        """
    )
    assert counts["named_in"] == 0
    assert counts["overridden"] > 0


def test_shares_have_clustered_wilson_intervals(postgres_build: PostgresBuild) -> None:
    (figure,) = postgres_build.rows(
        "select * from staging.int_stage_shares where group_by = 'overall' and stage = 'interview'"
    )
    rows = postgres_build.rows("select person_key, interview from core.fct_applications")
    share = sum(row["interview"] for row in rows) / len(rows)
    residuals: dict[str, float] = defaultdict(float)
    for row in rows:
        residuals[row["person_key"]] += row["interview"] - share
    variance = sum(value**2 for value in residuals.values()) / len(rows) ** 2
    assert figure["share"] == pytest.approx(share, rel=1e-12)
    assert figure["clustered_variance"] == pytest.approx(variance, rel=1e-9)
    n, z = share * (1 - share) / variance, stats.norm.ppf(0.975)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    assert (figure["lower_95"], figure["upper_95"]) == pytest.approx((centre - half, centre + half), rel=1e-8)


def test_response_rate_counts_people_who_were_asked(postgres_build: PostgresBuild) -> None:
    (figure,) = postgres_build.rows("select * from staging.int_reporting_bias where group_by = 'overall'")
    people = postgres_build.rows("select * from core.dim_people where asked_by_check_in")
    assert figure["people_asked"] == len(people)
    assert figure["response_rate"] == pytest.approx(
        sum(person["answered_scheduled_check_in"] for person in people) / len(people), rel=1e-12
    )
