"""The contracts and the views agree, and the settings report everything at once."""

from pathlib import Path

import pytest

from pipelines.lib.export.column_types import ColumnType, from_postgres, parse_column_type
from pipelines.lib.export.contract import CONTRACTS_DIR, load_contracts, read_contract, select_contracts
from pipelines.lib.export.errors import ContractError
from pipelines.settings import PipelineSettingsError, load_settings
from tests.support.databases import Database


def test_every_view_has_a_contract_with_the_same_columns_and_types(database: Database) -> None:
    with database.connect("PIPELINE_DATABASE_URL") as connection:
        found = connection.execute(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid"
            " where n.nspname = 'export' and a.attnum > 0 order by c.relname, a.attnum"
        ).fetchall()
    offered = [(view, column, from_postgres(kind)) for view, column, kind in found]
    promised = [(table, c.name, c.column_type) for table, entry in load_contracts().items() for c in entry.columns]
    assert promised == offered


def test_required_columns_hold_no_null_by_definition() -> None:
    for contract in load_contracts().values():
        assert contract.column(contract.key).required
        assert contract.column("row_xid").required


@pytest.mark.parametrize(
    ("text", "bigquery"),
    [
        ("text", "STRING"),
        ("xid8", "INT64"),
        ("timestamptz", "TIMESTAMP"),
        ("numeric(14,2)", "NUMERIC(14, 2)"),
        ("numeric(20,12)", "BIGNUMERIC(20, 12)"),
        ("numeric(38,9)", "NUMERIC(38, 9)"),
        ("numeric(38,0)", "BIGNUMERIC(38, 0)"),
        ("text[]", "ARRAY<STRING>"),
    ],
)
def test_types_in_bigquery(text: str, bigquery: str) -> None:
    assert parse_column_type(text).bigquery_ddl == bigquery


@pytest.mark.parametrize("text", ["numeric", "float", "timestamp", "numeric(40,2)", "numeric(4,5)", "jsonb"])
def test_types_that_do_not_travel_are_refused(text: str) -> None:
    with pytest.raises(ContractError, match=r"does not fit|not a portable"):
        parse_column_type(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jsonb", ColumnType("text")),
        ("uuid", ColumnType("text")),
        ("integer", ColumnType("bigint")),
        ("timestamp without time zone", None),
        ("numeric", None),
        ("bytea", None),
    ],
)
def test_types_of_postgres(name: str, expected: ColumnType | None) -> None:
    assert from_postgres(name) == expected


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ContractError, match=r"not exported: users; the exported tables are check_ins"):
        select_contracts(["users"])


def test_a_contract_with_a_wrong_key_names_the_file(tmp_path: Path) -> None:
    text = (CONTRACTS_DIR / "people.yaml").read_text().replace("key: person_key", "key: nobody")
    path = tmp_path / "people.yaml"
    path.write_text(text)
    with pytest.raises(ContractError, match=r"(?s)people\.yaml.*nobody is not one of the columns"):
        read_contract(path)


def test_all_missing_settings_are_named_together_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GCP_PROJECT_ID", "GCS_EXPORT_BUCKET", "GCS_DATASETS_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIPELINE_DATABASE_URL", "mysql://someone:hunter2@nowhere/x")
    monkeypatch.setenv("BIGQUERY_DATASET", "not a name")
    with pytest.raises(PipelineSettingsError) as caught:
        load_settings()
    message = str(caught.value)
    for name in (
        "GCP_PROJECT_ID",
        "GCS_EXPORT_BUCKET",
        "GCS_DATASETS_BUCKET",
        "PIPELINE_DATABASE_URL",
        "BIGQUERY_DATASET",
    ):
        assert name in message
    assert "hunter2" not in message
