"""Rules of the project itself: nothing from a hub, everything described, no clock."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.run import PROJECT, ROOT, postgres_environment, run_dbt


@pytest.fixture(scope="session")
def manifest(postgres_build: PostgresBuild) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(postgres_build.result.target, "manifest.json").read_text())
    return document


def test_dbt_folder_is_no_python_package_and_needs_no_hub() -> None:
    assert not (PROJECT / "__init__.py").exists()
    assert not (PROJECT / "packages.yml").exists()
    assert not (PROJECT / "dependencies.yml").exists()


def test_trait_bands_equal_those_of_the_conversation() -> None:
    original = ROOT / "api" / "conversation" / "data" / "trait_bands.csv"
    assert (PROJECT / "seeds" / "trait_bands.csv").read_text() == original.read_text()


def test_pay_periods_equal_those_of_the_job_analysis() -> None:
    line = re.search(r"^per_year: \{(.+)\}$", (ROOT / "api/generation/data/pay.yaml").read_text(), re.MULTILINE)
    assert line is not None
    original = dict(part.split(": ") for part in line[1].split(", "))
    with (PROJECT / "seeds" / "pay_periods.csv").open(newline="") as file:
        assert {row["pay_period"]: row["periods_per_year"] for row in csv.DictReader(file)} == original


def test_every_model_has_contract_descriptions_owner_and_keys(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(models) >= 30
    tested = {
        (test["attached_node"], test["test_metadata"]["name"])
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test" and test.get("test_metadata")
    }
    for model in models:
        assert model["config"]["contract"]["enforced"], model["name"]
        assert model["description"], model["name"]
        assert model["config"]["group"] == "marts", model["name"]
        assert all(column["description"] for column in model["columns"].values()), model["name"]
        assert (model["unique_id"], "primary_key") in tested, model["name"]
        assert (model["unique_id"], "not_empty") in tested, model["name"]


def test_every_mart_is_exposed(manifest: dict[str, Any]) -> None:
    marts = {
        node["unique_id"] for node in manifest["nodes"].values() if node.get("config", {}).get("schema") == "marts"
    }
    exposed = {name for exposure in manifest["exposures"].values() for name in exposure["depends_on"]["nodes"]}
    assert {name for name in marts if name.startswith("model.")} <= exposed


def test_descriptions_reach_the_database(postgres_build: PostgresBuild) -> None:
    (row,) = postgres_build.rows(
        "select col_description('marts.time_to_interview'::regclass, 1) as of_column,"
        " obj_description('marts.time_to_interview'::regclass) as of_table"
    )
    assert row["of_column"]
    assert "cumulative incidence" in row["of_table"]


@pytest.mark.parametrize("given", [None, "2026-12-01T00:00:00"], ids=["absent", "without offset"])
def test_as_of_is_needed_with_an_offset(postgres_build: PostgresBuild, tmp_path: Path, given: str | None) -> None:
    result = run_dbt(
        "compile",
        "--select=fct_applications",
        environment=postgres_environment(postgres_build.database.pipeline_url),
        folder=tmp_path,
        as_of=given,
        variables={"source_cut": "2026-11-25T12:00:00Z"},
    )
    assert result.returncode != 0
    assert "as_of" in result.output
    assert "2026-12-01T00:00:00Z" in result.output


def test_nothing_reads_a_clock() -> None:
    clock = re.compile(r"\b(now\(|current_date|current_timestamp|current_time\b|run_started_at|localtimestamp)", re.I)
    for path in [*PROJECT.rglob("*.sql"), *PROJECT.joinpath("models").rglob("*.yml")]:
        assert not clock.search(path.read_text()), path


def test_unit_tests_of_the_models_pass(postgres_build: PostgresBuild, tmp_path: Path) -> None:
    """As the pipeline, which may make the temporary tables they need."""
    result = run_dbt(
        "test",
        "--select=test_type:unit",
        environment=postgres_environment(postgres_build.database.pipeline_url),
        folder=tmp_path,
        variables={"with_unit_tests": True, "source_schema": "source_world"},
    )
    assert result.returncode == 0, result.output[-3000:]
    assert "PASS=7" in result.output, result.output[-1000:]
