"""What a view may offer: a column that BigQuery cannot take stops its table with advice, and nothing else."""

import pytest
from psycopg import sql

from pipelines.lib.export.column_types import from_postgres
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.errors import SchemaChangeError
from pipelines.lib.export.view_schema import ViewSchema, describe_view
from tests.support.databases import Database

TO_TEXT = "cannot be exported exactly; cast it in the view to text or numeric(p, s)"
RENAME = "rename it in the view"


def describe(database: Database, added: str) -> ViewSchema:
    """The rates' view with columns added, as a transaction sees it that never ends."""
    contract = load_contracts()["exchange_rates"]
    with database.connect() as connection:
        row = connection.execute("select pg_get_viewdef('export.exchange_rates'::regclass)").fetchone()
        assert row is not None
        body = row[0].rstrip().rstrip(";")
        statement = f"create or replace view export.exchange_rates as select v.*, {added} from ({body}) v"
        connection.execute(sql.SQL(statement))  # type: ignore[arg-type]
        try:
            return describe_view(connection, contract)
        finally:
            connection.rollback()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("added", "advice"),
    [
        ("1::numeric(39,0) as wide", f"wide is numeric(39,0), which {TO_TEXT}"),
        ("1::numeric(1000,2) as wide", f"wide is numeric(1000,2), which {TO_TEXT}"),
        ("0.001::numeric(2,5) as small", f"small is numeric(2,5), which {TO_TEXT}"),
        ("1000::numeric(5,-2) as round", f"round is numeric(5,-2), which {TO_TEXT}"),
        ("1::numeric as any", f"any is numeric, which {TO_TEXT}"),
        ('1::bigint as "Größe"', RENAME),
        ('1::bigint as "a b"', RENAME),
        ('1::bigint as "a`, b"', RENAME),
        ('1::bigint as "1st"', RENAME),
        ('1::bigint as "Currency"', RENAME),
        ("now() as _partitiontime", RENAME),
        ("1::bigint as __root__total", RENAME),
    ],
)
def test_a_column_that_bigquery_cannot_take_is_refused_with_advice(database: Database, added: str, advice: str) -> None:
    with pytest.raises(SchemaChangeError) as caught:
        describe(database, added)
    assert advice in str(caught.value)


@pytest.mark.slow
def test_words_of_sql_and_the_widest_decimals_are_columns_like_others(database: Database) -> None:
    added = '1::bigint as "order", true as "end", 1::numeric(38,38) as fine, 1::numeric(38,0) as wide'
    assert [(c.name, c.type.bigquery_ddl) for c in describe(database, added).columns[-4:]] == [
        ("order", "INT64"),
        ("end", "BOOL"),
        ("fine", "BIGNUMERIC(38, 38)"),
        ("wide", "BIGNUMERIC(38, 0)"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("create or replace view export.people as {people}", True),
        ("create or replace view export.people as select * from ({people}) v where true", False),
        ("create or replace view cvstomize.exportable_people as select * from ({behind}) v where true", False),
        ("alter table cvstomize.users rename to persons", False),
        ("comment on view export.people is 'as before'", True),
        # As `pg_restore --clean` does it.
        (
            (
                "create view kept.people as {people}; alter table cvstomize.users set schema kept;"
                " create table cvstomize.users (like kept.users including all);"
                " create or replace view cvstomize.exportable_people as {behind}"
            ),
            False,
        ),
    ],
)
def test_a_view_is_another_when_it_or_what_it_reads_is(database: Database, change: str, same: bool) -> None:
    """With the same columns: rows that no one wrote would show other values, and an incremental export none of them."""
    contract = load_contracts()["people"]
    with database.connect() as connection:
        texts = {}
        for name, view in (("people", "export.people"), ("behind", "cvstomize.exportable_people")):
            row = connection.execute("select pg_get_viewdef(to_regclass(%s))", [view]).fetchone()
            assert row is not None
            texts[name] = row[0].rstrip().rstrip(";")
        before = describe_view(connection, contract).fingerprint
        connection.execute("create schema kept")
        connection.execute(sql.SQL(change.format(**texts)))  # type: ignore[arg-type]
        after = describe_view(connection, contract).fingerprint
        connection.rollback()
    assert (before == after) is same


@pytest.mark.parametrize("precision", range(1, 60))
def test_every_decimal_has_a_type_on_the_whole_way_or_none(precision: int) -> None:
    for scale in range(60):
        found = from_postgres(f"numeric({precision},{scale})")
        if scale <= precision <= 38:
            assert found is not None
            assert found.arrow.precision == precision
        else:
            assert found is None
