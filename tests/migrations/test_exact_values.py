"""What no other engine holds is refused where it is written: every column that the export reads, every number."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from migrations.errors import MigrationError
from migrations.runner import expected_head, migrate
from tests.support.chains import empty_database
from tests.support.databases import Database
from tests.support.filling import fill

pytestmark = pytest.mark.slow

# Columns behind the `export` views, through the views they read themselves.
READ_BY_THE_EXPORT = """
with recursive used as (
    select table_schema, table_name, column_name from information_schema.view_column_usage where view_schema = 'export'
    union
    select u.table_schema, u.table_name, u.column_name
    from used join information_schema.view_column_usage u
        on u.view_schema = used.table_schema and u.view_name = used.table_name
)
select c.table_name, c.column_name, c.data_type
from used join information_schema.columns c using (table_schema, table_name, column_name)
    join information_schema.tables t using (table_schema, table_name)
where t.table_type = 'BASE TABLE'
"""
NUMBERS = """
select c.table_name, c.column_name, c.data_type from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'cvstomize' and t.table_type = 'BASE TABLE'
    and c.data_type in ('numeric', 'double precision', 'real')
"""
BEYOND = {
    "numeric": ("NaN", "Infinity", "-Infinity"),
    "double precision": ("NaN", "Infinity", "-Infinity"),
    "real": ("NaN", "Infinity", "-Infinity"),
    "timestamp with time zone": (
        "infinity",
        "-infinity",
        "10000-01-01 00:00+00",
        "9999-12-31 23:59:59.999999-01",
        "0001-01-01 00:00+01",
        "0044-03-15 00:00+00 BC",
    ),
    "date": ("infinity", "-infinity", "10000-01-01", "0001-12-31 BC"),
}
REFUSED = (psycopg.errors.CheckViolation, psycopg.errors.NumericValueOutOfRange)


@pytest.fixture
def filled(database: Database) -> Iterator[psycopg.Connection]:
    """A row in every table, for as long as the test."""
    with database.connect() as connection:
        fill(connection, "cvstomize")
        yield connection
        connection.rollback()


@pytest.mark.parametrize("listed", [READ_BY_THE_EXPORT, NUMBERS], ids=["read by the export", "numbers"])
def test_no_column_takes_a_value_that_cannot_travel(filled: psycopg.Connection, listed: str) -> None:
    columns = [column for column in filled.execute(listed).fetchall() if column[2] in BEYOND]
    assert {name for _, name, _ in columns} >= {"usd_per_unit", "standard_error"}
    taken = []
    for table, column, kind in columns:
        statement = sql.SQL("update cvstomize.{} set {} = %s").format(sql.Identifier(table), sql.Identifier(column))
        for value in BEYOND[kind]:
            try:
                with filled.transaction(force_rollback=True):
                    assert filled.execute(statement, [value]).rowcount == 1
                taken.append(f"{table}.{column} takes {value}")
            except REFUSED:
                continue
    assert taken == []


@pytest.mark.parametrize("value", ["0001-01-01 00:00+00", "9999-12-31 23:59:59.999999+00", None])
def test_the_first_and_the_last_time_that_travel_are_taken(filled: psycopg.Connection, value: str | None) -> None:
    statement = "update cvstomize.resumes set last_viewed_at = %s, first_downloaded_at = %s"
    assert filled.execute(statement, [value, value]).rowcount == 1


@pytest.mark.parametrize("document", ['{"neutral": "NaN"}', '{"neutral": 12}', '{"neutral": true}', '{"neutral": []}'])
def test_a_chance_that_the_view_could_not_read_is_refused(filled: psycopg.Connection, document: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_framing_draws_probability_exact"):
        filled.execute("update cvstomize.framing_draws set framing = 'neutral', probabilities = %s", [document])


@pytest.mark.parametrize("document", ['{"neutral": 1}', '{"neutral": null}', '{"steady": "x"}', None])
def test_a_chance_may_be_absent(filled: psycopg.Connection, document: str | None) -> None:
    filled.execute("update cvstomize.framing_draws set framing = 'neutral', probabilities = %s", [document])


def test_a_row_from_before_stops_the_check_of_old_rows_and_nothing_else(database: Database) -> None:
    bad = "update cvstomize.resumes set last_viewed_at = 'infinity'"
    with empty_database(database) as target:
        migrate(target.migrator_url, target="0014")
        with target.connect() as connection:
            fill(connection, "cvstomize")
            connection.execute(bad)
        with pytest.raises(MigrationError, match='"ck_resumes_last_viewed_at_exact" of relation "resumes"') as raised:
            migrate(target.migrator_url)
        assert raised.value.exit_code == 40
        with target.connect() as connection:
            assert connection.execute("select version_num from cvstomize.alembic_version").fetchone() == ("0015",)
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute(bad)
            connection.rollback()
            connection.execute("update cvstomize.resumes set last_viewed_at = null")
        assert migrate(target.migrator_url).after == expected_head()
        with target.connect() as connection:
            unchecked = connection.execute(
                "select conname from pg_constraint where connamespace = 'cvstomize'::regnamespace and not convalidated"
            ).fetchall()
        assert unchecked == []
