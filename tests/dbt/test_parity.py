"""Both warehouses hold the same models: keys, text, integers and status equal, numbers within 1e-9 (DESIGN D8)."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml

from tests.dbt.conftest import DATASET, BigQueryBuild, PostgresBuild
from tests.dbt.support.load import run_query
from tests.dbt.support.run import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SCHEMA_OF_FOLDER = {"staging": "staging", "intermediate": "staging", "core": "core", "marts": "marts"}
MODELS = sorted((SCHEMA_OF_FOLDER[path.parent.name], path.stem) for path in PROJECT.joinpath("models").glob("*/*.sql"))
NOT_COMPARED = {"built_at"}


def key_columns(model: str) -> list[str]:
    """The columns of the model's primary_key test."""
    (path,) = PROJECT.joinpath("models").glob(f"*/properties/{model}.yml")
    (declared,) = yaml.safe_load(path.read_text())["models"]
    for test in declared["data_tests"]:
        if isinstance(test, dict) and "primary_key" in test:
            return list(test["primary_key"]["arguments"]["columns"])
    raise AssertionError(f"{model} declares no primary_key")


def is_same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, Decimal):
        return other is not None and Decimal(one) == Decimal(other)
    return bool(one == other)


def keyed(rows: list[dict[str, Any]], keys: list[str]) -> dict[tuple[str, ...], dict[str, Any]]:
    found = {tuple(text(row[key]) for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


def text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


@pytest.mark.parametrize(("schema", "model"), MODELS, ids=[model for _, model in MODELS])
def test_model_is_equal_on_both_engines(
    postgres_build: PostgresBuild, bigquery_build: BigQueryBuild, schema: str, model: str
) -> None:
    keys = key_columns(model)
    on_postgres = keyed(postgres_build.rows(f"select * from {schema}.{model}"), keys)
    rows = run_query(bigquery_build.client, f"select * from `{DATASET}_{schema}`.`{model}`")
    on_bigquery = keyed([dict(row.items()) for row in rows], keys)
    assert on_postgres.keys() == on_bigquery.keys()
    differences = [
        (key, column, value, on_bigquery[key][column])
        for key, row in on_postgres.items()
        for column, value in row.items()
        if column not in NOT_COMPARED and not is_same(value, on_bigquery[key][column])
    ]
    assert not differences, differences[:5]


def test_compiled_sql_parses_as_bigquery(bigquery_build: BigQueryBuild) -> None:
    compiled = sorted(Path(bigquery_build.result.target, "compiled", "cvstomize", "models").glob("*/*.sql"))
    assert len(compiled) == len(MODELS)
    for path in compiled:
        assert sqlglot.parse_one(path.read_text(), dialect="bigquery") is not None, path.name
