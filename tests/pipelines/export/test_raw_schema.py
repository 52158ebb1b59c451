"""A raw table is compared with its view as BigQuery describes it: decimals by kind, precision and scale."""

import pytest
from google.cloud import bigquery

from pipelines.lib.export.column_types import parse_column_type
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.errors import SchemaChangeError
from pipelines.lib.export.view_schema import ViewColumn, ViewSchema
from pipelines.lib.export.warehouse import refuse_changed_columns


def compare(kept: dict[str, str], wanted: str, *, exact_decimals: bool = True) -> None:
    """A raw table with one column as BigQuery's reply describes it, and a view with the same column."""
    table = bigquery.Table("project.raw.people", schema=[bigquery.SchemaField.from_api_repr({"name": "a"} | kept)])
    column = ViewColumn("a", parse_column_type(wanted), wanted, False, "")
    schema = ViewSchema(load_contracts()["people"], (column,))
    refuse_changed_columns(schema, table, "raw", exact_decimals=exact_decimals)


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        ({"type": "NUMERIC", "precision": "14", "scale": "2"}, "numeric(14,2)"),
        ({"type": "NUMERIC", "precision": "9"}, "numeric(9,0)"),
        ({"type": "BIGNUMERIC", "precision": "20", "scale": "12"}, "numeric(20,12)"),
        ({"type": "BIGDECIMAL", "precision": "20", "scale": "12"}, "numeric(20,12)"),
        ({"type": "DECIMAL", "precision": "14", "scale": "2"}, "numeric(14,2)"),
        ({"type": "INTEGER"}, "bigint"),
        ({"type": "INT64"}, "xid8"),
        ({"type": "FLOAT"}, "double precision"),
        ({"type": "STRING", "mode": "REPEATED"}, "text[]"),
    ],
)
def test_the_same_kind(kept: dict[str, str], wanted: str) -> None:
    compare(kept, wanted)


@pytest.mark.parametrize(
    ("kept", "wanted", "needed"),
    [
        ({"type": "NUMERIC", "precision": "14", "scale": "2"}, "numeric(20,12)", "BIGNUMERIC(20, 12)"),
        ({"type": "NUMERIC", "precision": "14", "scale": "2"}, "numeric(16,4)", "NUMERIC(16, 4)"),
        ({"type": "BIGNUMERIC", "precision": "20", "scale": "12"}, "numeric(14,2)", "NUMERIC(14, 2)"),
        ({"type": "NUMERIC"}, "numeric(20,12)", "BIGNUMERIC(20, 12)"),
        ({"type": "FLOAT"}, "numeric(14,2)", "NUMERIC(14, 2)"),
        ({"type": "STRING"}, "text[]", "ARRAY<STRING>"),
        ({"type": "TIMESTAMP"}, "date", "DATE"),
    ],
)
def test_another_kind_is_refused_with_the_statement(kept: dict[str, str], wanted: str, needed: str) -> None:
    with pytest.raises(SchemaChangeError) as caught:
        compare(kept, wanted)
    assert f"ALTER TABLE `raw.people` ALTER COLUMN `a` SET DATA TYPE {needed}" in str(caught.value)


def test_the_stand_in_says_numeric_of_every_decimal() -> None:
    compare({"type": "NUMERIC"}, "numeric(20,12)", exact_decimals=False)
    with pytest.raises(SchemaChangeError):
        compare({"type": "FLOAT"}, "numeric(20,12)", exact_decimals=False)
