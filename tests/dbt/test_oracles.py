"""The survival macros and erfc on published data, on both engines, to 1e-9."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scipy import special

from tests.dbt.conftest import DATASET, PostgresBuild
from tests.dbt.support.load import run_query
from tests.dbt.support.run import postgres_environment, run_dbt
from tests.support.shared_stack import SharedStack

pytestmark = [pytest.mark.timeout(200)]
ORACLES = Path(__file__).parent / "oracles"
# Median and 95 % interval: R survival::survfit with conf.type = "log-log", lifelines KaplanMeierFitter.
MEDIANS = {
    ("lung", "all"): (310, 284, 361),
    ("lung", "male"): (270, 210, 306),
    ("lung", "female"): (426, 345, 524),
    ("waltons", "control"): (58, 56, 60),
    ("waltons", "miR-137"): (26, 19, 29),
    ("leukemia", "Rx 0"): (23, 13, None),
    ("leukemia", "Rx 1"): (8, 4, 11),
    ("rossi", "all"): (None, None, None),
    ("exact_half", "all"): (2, 1, None),
}
Tables = dict[str, list[dict[str, Any]]]
RELATIONS = ("oracle_medians", "oracle_incidence", "oracle_kaplan_meier", "oracle_erfc", "oracle_clustered")
FIGURES_OF_R = ORACLES / "r" / "influence_figures.csv"


@pytest.fixture(scope="module")
def on_postgres(postgres_build: PostgresBuild, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    result = run_dbt(
        "build",
        environment=postgres_environment(postgres_build.database.pipeline_url),
        folder=tmp_path_factory.mktemp("oracles-postgres"),
        project=ORACLES,
    )
    assert result.returncode == 0, result.output[-3000:]
    return {name: postgres_build.rows(f"select * from staging.{name}") for name in RELATIONS}


@pytest.fixture(params=["postgres", pytest.param("bigquery", marks=pytest.mark.slow)])
def tables(request: pytest.FixtureRequest) -> Tables:
    found: Tables = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture(scope="module")
def on_bigquery(stack: SharedStack, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    settings = stack.environment()
    address = settings["BIGQUERY_EMULATOR_HOST"]
    endpoint = address if address.startswith("http") else f"http://{address}"
    environment = {
        "WAREHOUSE": "bigquery",
        "GCP_PROJECT_ID": settings["GCP_PROJECT_ID"],
        "BIGQUERY_DATASET": DATASET,
        "BIGQUERY_EMULATOR_HOST": endpoint,
    }
    folder = tmp_path_factory.mktemp("oracles-bigquery")
    result = run_dbt("build", environment=environment, folder=folder, project=ORACLES)
    assert result.returncode == 0, result.output[-3000:]
    client = bigquery.Client(
        project=settings["GCP_PROJECT_ID"],
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": endpoint},
    )
    return {
        name: [dict(row.items()) for row in run_query(client, f"select * from `{DATASET}_staging`.`{name}`")]
        for name in RELATIONS
    }


def test_medians_are_the_published_ones(tables: Tables) -> None:
    found = {(row["dataset"], row["subset"]): row for row in tables["oracle_medians"]}
    for key, expected in MEDIANS.items():
        row = found[key]
        assert (row["median_day"], row["median_lower_95"], row["median_upper_95"]) == expected, key


def test_competing_risks_of_the_bone_marrow_data(tables: Tables) -> None:
    """cmprsk::cuminc on the data of Scrucca, Santucci and Aversa 2007: last values of the two causes."""
    rows = [row for row in tables["oracle_incidence"] if row["dataset"] == "bmt"]
    other = sum(row["survival_before"] * row["competing"] / row["at_risk"] for row in rows)
    exact = incidences_in_fractions("bmt")
    assert (round(float(exact[0]), 6), round(float(exact[1]), 6)) == (0.272839, 0.481270)
    assert max(row["incidence"] for row in rows) == pytest.approx(float(exact[0]), rel=1e-9)
    assert max(row["incidence"] for row in rows) == pytest.approx(0.272838987811874, rel=1e-9)
    assert other == pytest.approx(float(exact[1]), rel=1e-9)


def incidences_in_fractions(dataset: str) -> tuple[Fraction, Fraction]:
    """The last values of both causes by the definition, without rounding."""
    with (ORACLES / "seeds" / "oracle_counts.csv").open(newline="") as file:
        rows = sorted((row for row in csv.DictReader(file) if row["dataset"] == dataset), key=lambda r: int(r["day"]))
    counts = [(int(row["events"]), int(row["competing"]), int(row["censored"])) for row in rows]
    at_risk, survival, first, second = sum(map(sum, counts)), Fraction(1), Fraction(0), Fraction(0)
    for events, competing, censored in counts:
        first += survival * events / at_risk
        second += survival * competing / at_risk
        survival *= 1 - Fraction(events + competing, at_risk)
        at_risk -= events + competing + censored
    assert at_risk == 0
    return first, second


def test_the_lung_data_are_all_there(tables: Tables) -> None:
    """228 patients of whom 165 died, as R counts them."""
    rows = [row for row in tables["oracle_incidence"] if (row["dataset"], row["subset"]) == ("lung", "all")]
    assert max(row["at_risk"] for row in rows) == 228
    assert sum(row["events"] for row in rows) == 165


def test_ties_are_counted_before_those_censored_on_the_day(tables: Tables) -> None:
    """Seven at risk: two interviews and one censored on day 5; one, one competing, one censored on day 8."""
    rows = sorted((row for row in tables["oracle_incidence"] if row["dataset"] == "ties"), key=lambda row: row["day"])
    assert [row["at_risk"] for row in rows] == [7, 4, 1]
    assert [row["incidence"] for row in rows] == pytest.approx([2 / 7, 2 / 7 + 5 / 7 / 4, 2 / 7 + 5 / 7 / 4], rel=1e-9)


def test_incidence_without_competing_ends_is_one_minus_kaplan_meier(tables: Tables) -> None:
    survival = {(r["dataset"], r["subset"], r["day"]): r["survival"] for r in tables["oracle_kaplan_meier"]}
    compared = 0
    for row in tables["oracle_incidence"]:
        if row["dataset"] in ("lung", "rossi", "waltons"):
            key = row["dataset"], row["subset"], row["day"]
            assert row["incidence"] == pytest.approx(1 - survival[key], abs=1e-12)
            compared += 1
    assert compared > 400


def test_clustered_intervals_are_those_of_r(tables: Tables) -> None:
    """Written by `oracles/r/clustered_incidence.R`: survival's influence values, summed per person, and cmprsk."""
    found = {(row["dataset"], row["horizon_days"]): row for row in tables["oracle_clustered"]}
    with FIGURES_OF_R.open(newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == len(found) == 16
    for line in expected:
        row = found[line["dataset"], int(line["horizon_days"])]
        assert row["people"] == int(line["people"])
        for column in ("incidence", "standard_error", "lower_95", "upper_95"):
            assert row[column] == pytest.approx(float(line[column]), rel=1e-9), (line, column)


def test_erfc_agrees_with_scipy(tables: Tables) -> None:
    assert len(tables["oracle_erfc"]) == 800
    for row in tables["oracle_erfc"]:
        assert row["erfc_x"] == pytest.approx(special.erfc(float(row["x"])), rel=1e-12, abs=0)
