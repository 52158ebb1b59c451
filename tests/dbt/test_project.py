"""Rules of the project itself: nothing from a hub, everything described, no clock."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dbt.conftest import PostgresBuild
from tests.dbt.support.run import PROJECT, ROOT, postgres_environment, run_dbt

# Models that only rename and cast, stack two others, or are the macro that fct_applications is tested for.
WITHOUT_LOGIC = {"int_incidence_people", "int_published_applications"}
# What a figure is counted in, by the words that may say so; moments are in UTC.
UNITS = {
    "timestamptz": r"UTC|for which the mart",
    "date": r"UTC date|day of the month",
    "number": r"\b[Dd]ays?\b|[Pp]eople|[Aa]pplications|Comparisons|from 1|[01] to 1|1 is equal|dollars|currency",
}


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
        assert model["config"]["persist_docs"] == {"relation": True, "columns": True}, model["name"]
        assert model["description"], model["name"]
        assert model["config"]["group"] == "marts", model["name"]
        assert all(column["description"] for column in model["columns"].values()), model["name"]
        assert (model["unique_id"], "primary_key") in tested, model["name"]
        assert (model["unique_id"], "not_empty") in tested, model["name"]


def test_the_group_of_the_models_has_an_owner(manifest: dict[str, Any]) -> None:
    assert manifest["groups"]["group.cvstomize.marts"]["owner"]["email"]


def models_of(manifest: dict[str, Any], *layers: str) -> list[dict[str, Any]]:
    """The models that are built in these schemas."""
    found = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] in layers
    ]
    assert found
    return found


def test_every_mart_is_exposed_and_says_for_when_it_is(manifest: dict[str, Any]) -> None:
    exposed = {name for exposure in manifest["exposures"].values() for name in exposure["depends_on"]["nodes"]}
    for mart in models_of(manifest, "marts"):
        assert mart["unique_id"] in exposed, mart["name"]
        assert {"as_of", "built_at", "source_cut", "status"} <= set(mart["columns"]), mart["name"]
        assert mart["config"]["grants"], mart["name"]


def test_every_model_with_logic_has_a_unit_test(manifest: dict[str, Any]) -> None:
    """Staging renames and casts, which the contract checks; everything behind it decides something."""
    with_logic = {
        node["name"] for node in models_of(manifest, "staging", "core", "marts") if not node["name"].startswith("stg_")
    }
    # Disabled outside `make test`, so the files are read rather than the manifest.
    files = PROJECT.joinpath("models").rglob("unit_tests*.yml")
    tested = {test["model"] for file in files for test in yaml.safe_load(file.read_text())["unit_tests"]}
    assert with_logic - WITHOUT_LOGIC == tested


def test_figures_of_core_and_marts_say_their_unit(manifest: dict[str, Any]) -> None:
    for model in models_of(manifest, "core", "marts"):
        for column in model["columns"].values():
            kind = column["data_type"].split("(")[0]
            if kind not in ("string", "text", "boolean"):
                words = UNITS.get(kind, UNITS["number"])
                assert re.search(words, column["description"]), (model["name"], column["name"], column["description"])


def test_every_macro_says_why_it_is_there() -> None:
    """Variants for one engine are described with the macro that picks them."""
    found = 0
    for path in PROJECT.joinpath("macros").glob("*.sql"):
        text = path.read_text()
        for macro in re.finditer(r"\{%-? macro (?!(?:postgres|default)__)(\w+)\(.*\n?", text):
            before, after = text[: macro.start()].rstrip(), text[macro.end() :].lstrip()
            variant = macro[1].startswith("bigquery__") and f"macro {macro[1].removeprefix('bigquery__')}(" in text
            assert variant or before.endswith("#}") or after.startswith("{#"), (path.name, macro[1])
            found += 1
    assert found > 50


def test_every_source_is_described_and_has_a_freshness(manifest: dict[str, Any]) -> None:
    assert len(manifest["sources"]) >= 9
    for source in manifest["sources"].values():
        assert source["description"], source["name"]
        assert source["loaded_at_field"], source["name"]
        assert source["freshness"]["warn_after"]["count"], source["name"]


def test_descriptions_reach_the_database(postgres_build: PostgresBuild) -> None:
    (row,) = postgres_build.rows(
        "select col_description('marts.time_to_interview'::regclass, 1) as of_column,"
        " obj_description('marts.time_to_interview'::regclass) as of_table"
    )
    assert row["of_column"]
    assert "cumulative incidence" in row["of_table"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="absent", marks=pytest.mark.prove),
        pytest.param("2026-12-01T00:00:00", id="without offset"),
    ],
)
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


@pytest.mark.timeout(280)
def test_unit_tests_of_the_models_pass(postgres_build: PostgresBuild, tmp_path: Path) -> None:
    """As the pipeline, which may make the temporary tables they need."""
    files = PROJECT.joinpath("models").rglob("unit_tests*.yml")
    written = sum(len(yaml.safe_load(file.read_text())["unit_tests"]) for file in files)
    result = run_dbt(
        "test",
        "--select=test_type:unit",
        environment=postgres_environment(postgres_build.database.pipeline_url),
        folder=tmp_path,
        variables={"with_unit_tests": True, "source_schema": "source_world"},
    )
    assert result.returncode == 0, result.output[-3000:]
    assert f"PASS={written}" in result.output, result.output[-1000:]
