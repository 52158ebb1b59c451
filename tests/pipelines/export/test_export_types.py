"""What a value is after the whole way: Postgres, CSV, Arrow, Parquet, BigQuery."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from google.cloud import bigquery
from psycopg import sql

from pipelines.lib.export.bigquery_jobs import JobRunner
from pipelines.lib.export.export_run import run_export
from pipelines.lib.export.reconcile import compare_all
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import World, assert_equal, client, export, rows_in_bigquery, world

pytestmark = pytest.mark.slow
__all__ = ["client", "world"]

# Values of every portable type beside the columns of the table, one row a key: (key, SQL of the values).
VALUES = {
    "AAA-2026-01": "'', 'x'::text, '{}'::text[], 79228162514264337593.543950336::numeric(38,9), true",
    "BBB-2026-01": "null, null, null, null, null",
    "CCC-2026-01": r"""E'\\N', E'a,"b"\r\n\\. ü \u2028', array['', 'a,"b"', 'NULL', E'\n'], -0.000000001, false""",
    "DDD-2026-01": "E'\\\\.', repeat('long ', 600000), array['x'], 0, true",
    "EEE-2026-01": "'null', E'\\ufeff\\t\\u0001 \\U0010ffff e\\u0301', array[E'\\u2028', '{}', '\\', ' '],"
    " 99999999999999999999999999999.999999999, true",
    "FFF-2026-01": "' ', E'\\r', array['a,b', E'\\x7f'::text], -99999999999999999999999999999.999999999, false",
}
# A key twice, numbers past every float, half a surrogate pair, NUL: escaped as they are, they stay as they are written.
DOCUMENT = r'{"x":67.174118, "x":1e400, "whole":123456789012345678901234567890, "half":"\ud800", "nul":"\u0000"}'
MOST = Decimal("99999999999999999999999999999.999999999")
# First and last of a time, a day, a whole number and a float, beside `EEE` and `FFF`.
FIRST = "timestamptz '0001-01-01 00:00+00', date '0001-01-01', (-9223372036854775808)::bigint, 5e-324::float8"
LAST = (
    "timestamptz '9999-12-31 23:59:59.999999+00', date '9999-12-31', 9223372036854775807,"
    " -1.7976931348623157e308::float8"
)


def put_back(world: World, body: str) -> None:
    """The view as the migrations made it."""
    world.connection.execute("drop view export.exchange_rates")
    world.connection.execute(sql.SQL("create view export.exchange_rates as ") + sql.SQL(body))  # type: ignore[arg-type]
    world.connection.execute("grant select on export.exchange_rates to cvstomize_pipeline")


@pytest.fixture
def typed(world: World, client: bigquery.Client, pipeline_settings: PipelineSettings) -> Iterator[World]:
    """`export.exchange_rates` with a column of each kind added."""
    row = world.connection.execute("select pg_get_viewdef('export.exchange_rates'::regclass)").fetchone()
    assert row is not None
    body = row[0].rstrip().rstrip(";")
    for key in VALUES:
        world.connection.execute(
            "insert into cvstomize.exchange_rates (currency, month, usd_per_unit)"
            " values (%s, '2026-01-01', 0.123456789012) on conflict do nothing",
            [key[:3]],
        )
    values = ", ".join(f"('{key}', {row})" for key, row in VALUES.items())
    world.connection.execute("drop view export.exchange_rates")
    world.connection.execute(
        sql.SQL(
            "create view export.exchange_rates as select b.*, v.empty::text as empty, v.words::text as words,"  # type: ignore[arg-type]
            " v.list::text[] as list, v.exact::numeric(38,9) as exact, v.flag::boolean as flag,"
            f" '{DOCUMENT}'::json as document,"
            " timestamptz '1969-12-31 23:59:59.999999-08' as moment,"
            " case when b.currency = 'AAA' then 0.1 else 2.5 end::double precision as share,"
            " e.edge_time, e.edge_day, e.edge_whole, e.edge_float"
            f" from ({body}) b join (values {values}) v (key, empty, words, list, exact, flag)"
            " on v.key = b.exchange_rate_id"
            f" left join (values ('EEE', {FIRST}), ('FFF', {LAST})) e (currency, edge_time, edge_day, edge_whole,"
            " edge_float) on e.currency = b.currency"
        )
    )
    world.connection.execute("grant select on export.exchange_rates to cvstomize_pipeline")
    yield world
    put_back(world, body)
    JobRunner(client).rows(f"drop table if exists `{pipeline_settings.raw_dataset}.exchange_rates`")


def test_every_value_arrives_as_it_was(
    pipeline_settings: PipelineSettings, client: bigquery.Client, typed: World
) -> None:
    export(pipeline_settings)
    rows = {
        row["exchange_rate_id"]: row
        for row in JobRunner(client).rows(f"select * from `{pipeline_settings.raw_dataset}.exchange_rates`")
    }
    assert set(rows) == set(VALUES)
    empty, absent, odd, long, first, last = (rows[key] for key in VALUES)
    assert (empty["empty"], empty["list"], empty["exact"]) == ("", [], Decimal("79228162514264337593.543950336"))
    assert [absent[name] for name in ("empty", "words", "exact", "flag")] == [None] * 4
    assert odd["empty"] == "\\N"
    assert odd["words"] == 'a,"b"\r\n\\. ü \u2028'
    assert odd["list"] == ["", 'a,"b"', "NULL", "\n"]
    assert (odd["exact"], odd["flag"]) == (Decimal("-0.000000001"), False)
    assert (long["empty"], len(long["words"])) == ("\\.", 3_000_000)
    assert {row["document"] for row in rows.values()} == {DOCUMENT}
    assert {row["moment"].isoformat() for row in rows.values()} == {"1970-01-01T07:59:59.999999+00:00"}
    assert {row["usd_per_unit"] for row in rows.values()} == {Decimal("0.123456789012")}
    assert (empty["share"], odd["share"]) == (0.1, 2.5)
    assert (first["empty"], first["words"]) == ("null", "\ufeff\t\x01 \U0010ffff e\u0301")
    assert (first["list"], last["list"]) == (["\u2028", "{}", "\\", " "], ["a,b", "\x7f"])
    assert (last["empty"], last["words"]) == (" ", "\r")
    assert (first["exact"], last["exact"]) == (MOST, MOST.copy_negate())
    edges = ("edge_time", "edge_day", "edge_whole", "edge_float")
    assert [first[name] for name in edges] == [datetime(1, 1, 1, tzinfo=UTC), date(1, 1, 1), -(2**63), 5e-324]
    assert [last[name] for name in edges] == [
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        date(9999, 12, 31),
        2**63 - 1,
        -1.7976931348623157e308,
    ]
    assert [problem for table in compare_all(pipeline_settings) for problem in table.problems] == []


BAD = {
    "BA1": ("usd_per_unit", "'NaN'::numeric"),
    "BA2": ("loaded_at", "'-infinity'::timestamptz"),
    "BA3": ("loaded_at", "'10000-01-01 00:00+00'::timestamptz"),
    "BA4": ("loaded_at", "'0044-03-15 00:00+00 BC'::timestamptz"),
    "BA5": ("month", "'infinity'::date"),
    "BA6": ("share", "'NaN'::double precision"),
    "BA7": ("share", "'-Infinity'::double precision"),
    "BA8": ("list", "array['a', null]"),
    "BA9": ("list", "array[array['a']]"),
}
USUAL = {
    "exchange_rate_id": "b.exchange_rate_id",
    "currency": "b.currency",
    "month": "b.month",
    "usd_per_unit": "b.usd_per_unit",
    "is_sample": "b.is_sample",
    "loaded_at": "b.loaded_at",
    "row_xid": "b.row_xid",
    "share": "1.5::double precision",
    "list": "array['a']",
}


@pytest.mark.timeout(600)  # one export for each kind of value
@pytest.mark.parametrize("single", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_values_without_a_counterpart_stay_behind_with_their_keys_and_the_run_is_red(
    pipeline_settings: PipelineSettings, client: bigquery.Client, world: World, single: bool
) -> None:
    """At the view, so that it also holds for columns whose tables refuse such values; also one kind at a time."""
    row = world.connection.execute("select pg_get_viewdef('export.exchange_rates'::regclass)").fetchone()
    assert row is not None
    body = row[0].rstrip().rstrip(";")
    for currency in ("GOO", *BAD):
        world.connection.execute(
            "insert into cvstomize.exchange_rates (currency, month, usd_per_unit) values (%s, '2026-02-01', 0.5)"
            " on conflict (currency, month) do nothing",
            [currency],
        )
    try:
        for chosen in [[currency] for currency in BAD] if single else [list(BAD)]:
            selected = []
            for name, usual in USUAL.items():
                cases = "".join(f" when '{c}' then {BAD[c][1]}" for c in chosen if BAD[c][0] == name)
                selected.append(f"case b.currency{cases} else {usual} end as {name}" if cases else f"{usual} as {name}")
            exact = ", ".join(selected).replace("end as usd_per_unit", "end::numeric(20,12) as usd_per_unit")
            world.connection.execute("drop view export.exchange_rates")
            world.connection.execute(
                sql.SQL(f"create view export.exchange_rates as select {exact} from ({body}) b")  # type: ignore[arg-type]
            )
            world.connection.execute("grant select on export.exchange_rates to cvstomize_pipeline")
            expected = [f"{currency}-2026-02" for currency in chosen]
            report = run_export(pipeline_settings, full_refresh=True)
            assert [table.error for table in report.tables if table.error] == []
            assert {t.table: t.quarantined_keys for t in report.tables}["exchange_rates"] == expected
            assert all(key in report.problems()[0] for key in expected)
            rows = rows_in_bigquery(client, pipeline_settings, "exchange_rates")
            assert "GOO-2026-02" in rows
            assert not set(expected) & set(rows)
            # The next run reads only what changed, yet the check stays red until the rows are mended.
            [problem] = [problem for table in compare_all(pipeline_settings) for problem in table.problems]
            assert all(key in problem for key in expected)
    finally:
        put_back(world, body)
        JobRunner(client).rows(f"drop table if exists `{pipeline_settings.raw_dataset}.exchange_rates`")


def test_the_comparison_names_what_differs(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    resume = world.resume_of(world.add_person())
    world.add_person()
    export(pipeline_settings, full_refresh=True)
    assert_equal(database, client, pipeline_settings)
    raw = f"`{pipeline_settings.raw_dataset}.resumes`"
    JobRunner(client).rows(f"update {raw} set viewed_count = 99 where resume_id = '{resume}'")
    world.add_person()  # written since the cut: no difference
    [problem] = [problem for table in compare_all(pipeline_settings) for problem in table.problems]
    assert problem.startswith("resumes: column viewed_count: ")
    JobRunner(client).rows(f"delete from {raw} where resume_id = '{resume}'")
    problems = [problem for table in compare_all(pipeline_settings) for problem in table.problems]
    assert any(problem.startswith("resumes: row count: ") for problem in problems)
