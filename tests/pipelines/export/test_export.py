"""The export against real servers: after each one, the raw tables are exactly what the views show."""

import threading
import time
from decimal import Decimal

import psycopg
import pytest
from google.cloud import bigquery
from psycopg import sql

from pipelines.lib.export.bigquery_jobs import JobRunner
from pipelines.lib.export.errors import ConcurrentExportError
from pipelines.lib.export.export_run import run_export
from pipelines.lib.export.snapshot import only_exporter
from pipelines.settings import PipelineSettings
from tests.support.databases import Database
from tests.support.export_world import World, assert_equal, client, export, modes, rows_in_bigquery, world

pytestmark = pytest.mark.slow

__all__ = ["client", "world"]


def test_first_export_is_a_snapshot_and_the_next_one_incremental(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    world.add_person()
    world.connection.execute(
        "insert into cvstomize.exchange_rates (currency, month, usd_per_unit)"
        " values ('IDR', '2026-01-01', 0.000061234567)"
    )
    assert modes(export(pipeline_settings)) == {"snapshot"}
    assert_equal(database, client, pipeline_settings)
    [rate] = rows_in_bigquery(client, pipeline_settings, "exchange_rates").values()
    assert rate["usd_per_unit"] == Decimal("0.000061234567")
    [ad] = rows_in_bigquery(client, pipeline_settings, "job_ads").values()
    assert ad["analysis"] == '{"x": 67.174118}'
    [version] = rows_in_bigquery(client, pipeline_settings, "resume_versions").values()
    assert (version["body_markdown"], version["trait_bands"]) == ("", None)
    world.add_person()
    report = export(pipeline_settings)
    assert modes(report) == {"incremental"}
    assert {t.table: t.rows_inserted for t in report.tables}["resumes"] == 1
    assert_equal(database, client, pipeline_settings)


def test_a_row_whose_transaction_was_open_during_an_export_arrives_with_the_next(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    with database.connect() as early:
        World(early).add_person()
        world.add_person()  # a later transaction that commits first
        export(pipeline_settings)
        early.commit()
    report = export(pipeline_settings)
    assert modes(report) == {"incremental"}
    assert_equal(database, client, pipeline_settings)


def test_the_newest_value_wins_when_an_older_transaction_updates_last(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    resume = world.resume_of(world.add_person())
    with database.connect() as older:
        older.execute("select pg_current_xact_id()")
        world.connection.execute("update cvstomize.resumes set viewed_count = 1 where id = %s", [resume])
        export(pipeline_settings)
        older.execute("update cvstomize.resumes set viewed_count = 2 where id = %s", [resume])
        older.commit()
    export(pipeline_settings)
    assert rows_in_bigquery(client, pipeline_settings, "resumes")[str(resume)]["viewed_count"] == 2
    assert_equal(database, client, pipeline_settings)


def test_a_key_deleted_and_inserted_again_stays(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    resume = world.resume_of(world.add_person())
    key = world.add_version(resume)
    export(pipeline_settings)
    world.connection.execute("delete from cvstomize.resume_versions where id = %s", [key])
    world.add_version(resume, key)
    export(pipeline_settings)
    assert str(key) in rows_in_bigquery(client, pipeline_settings, "resume_versions")
    assert_equal(database, client, pipeline_settings)


def test_withdrawal_and_deletion_leave_every_copy_and_a_new_consent_brings_rows_back(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    trainer, researcher, deleted = (world.add_person() for _ in range(3))
    export(pipeline_settings)
    world.decide(trainer, "training", granted=False)
    world.decide(researcher, "outcome_research", granted=False)
    world.connection.execute("delete from cvstomize.users where id = %s", [deleted])
    report = export(pipeline_settings)
    assert modes(report) == {"incremental"}
    assert_equal(database, client, pipeline_settings)
    people = rows_in_bigquery(client, pipeline_settings, "people")
    assert not {f"p-{researcher}", f"p-{deleted}"} & set(people)
    ads = rows_in_bigquery(client, pipeline_settings, "job_ads").values()
    assert [ad["body_text"] for ad in ads if ad["person_key"] == f"p-{trainer}"] == [None]
    world.decide(trainer, "training", granted=True)
    world.decide(researcher, "outcome_research", granted=True)
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)
    assert f"p-{researcher}" in rows_in_bigquery(client, pipeline_settings, "people")


@pytest.mark.parametrize("purpose", ["training", "outcome_research"])
@pytest.mark.parametrize("decisions", [(False, True), (False, True, False)], ids=["ends in yes", "ends in no"])
def test_decisions_that_change_inside_one_transaction_leave_what_the_last_one_says(
    pipeline_settings: PipelineSettings,
    database: Database,
    client: bigquery.Client,
    world: World,
    purpose: str,
    decisions: tuple[bool, ...],
) -> None:
    person = world.add_person()
    resume = world.resume_of(person)
    export(pipeline_settings)
    with world.connection.transaction():
        for granted in decisions:
            world.decide(person, purpose, granted=granted)
            world.add_version(resume)
        with world.connection.transaction(force_rollback=True):  # a savepoint that is given up
            world.decide(person, purpose, granted=not decisions[-1])
    assert modes(export(pipeline_settings)) == {"incremental"}
    assert_equal(database, client, pipeline_settings)
    people = rows_in_bigquery(client, pipeline_settings, "people")
    assert (f"p-{person}" in people) is (purpose == "training" or decisions[-1])


def test_a_row_inserted_while_the_consent_is_withdrawn_does_not_stay(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    person = world.add_person()
    resume = world.resume_of(person)
    with database.connect() as inserting:
        World(inserting).add_version(resume)
        withdrawing = threading.Thread(target=world.decide, args=(person, "training"), kwargs={"granted": False})
        withdrawing.start()
        time.sleep(0.3)
        export(pipeline_settings)
        inserting.commit()
    withdrawing.join(timeout=10)
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)


def test_an_infinite_time_from_before_the_constraint_stays_behind_with_its_key_and_comes_when_it_is_mended(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    resume = world.resume_of(world.add_person())
    run, name = world.connection.execute, "ck_resumes_last_viewed_at_exact"
    check = run("select pg_get_constraintdef(oid) from pg_constraint where conname = %s", [name]).fetchone()
    assert check is not None
    run(f"alter table cvstomize.resumes drop constraint {name}")
    run("update cvstomize.resumes set last_viewed_at = 'infinity' where id = %s", [resume])
    run(f"alter table cvstomize.resumes add constraint {name} {check[0]} not valid")
    report = run_export(pipeline_settings)
    assert not report.clean
    assert {t.table: t.quarantined_keys for t in report.tables}["resumes"] == [str(resume)]
    assert str(resume) not in rows_in_bigquery(client, pipeline_settings, "resumes")
    run("update cvstomize.resumes set last_viewed_at = now() where id = %s", [resume])
    run(f"alter table cvstomize.resumes validate constraint {name}")
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)


def test_an_added_column_flows_through_and_a_dropped_one_stops_its_table_only(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    run = world.connection.execute
    before = run("select pg_get_viewdef('export.exchange_rates'::regclass)").fetchone()
    assert before is not None
    body = before[0].rstrip().rstrip(";")
    run(f'create or replace view export.exchange_rates as select v.*, 7::bigint as "order" from ({body}) v')
    report = export(pipeline_settings)
    by_table = {table.table: table for table in report.tables}
    assert by_table["exchange_rates"].added_columns == ["order"]
    [row] = JobRunner(client).rows(f"select `order` from `{pipeline_settings.raw_dataset}.exchange_rates`")
    assert row["order"] == 7
    run("drop view export.exchange_rates")
    run("create view export.exchange_rates as select currency from cvstomize.exchange_rates")
    run("grant select on export.exchange_rates to cvstomize_pipeline")
    world.add_person()
    report = run_export(pipeline_settings)
    stopped = [table.table for table in report.tables if table.error]
    assert stopped == ["exchange_rates"]
    assert "DROP COLUMN usd_per_unit" in report.problems()[0]
    run("drop view export.exchange_rates")
    run(f"create view export.exchange_rates as {body}")
    run("grant select on export.exchange_rates to cvstomize_pipeline")
    report = run_export(pipeline_settings)
    assert "ALTER TABLE" in report.problems()[0]
    assert "DROP COLUMN `order`" in report.problems()[0]
    JobRunner(client).rows(f"drop table `{pipeline_settings.raw_dataset}.exchange_rates`")
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)


def test_a_shrunken_table_is_refused_unless_the_ledger_knows_why(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    for month in range(1, 7):
        world.connection.execute(
            "insert into cvstomize.exchange_rates (currency, month, usd_per_unit) values ('JPY', %s, 0.0067)",
            [f"2026-{month:02d}-01"],
        )
    export(pipeline_settings)
    world.connection.execute("delete from cvstomize.exchange_rates where currency = 'JPY'")
    export(pipeline_settings, full_refresh=True)  # the ledger accounts for every key
    for month in range(1, 7):
        world.connection.execute(
            "insert into cvstomize.exchange_rates (currency, month, usd_per_unit) values ('SEK', %s, 0.1)",
            [f"2026-{month:02d}-01"],
        )
    export(pipeline_settings)
    world.connection.execute("delete from cvstomize.exchange_rates where currency = 'SEK'")
    world.connection.execute("delete from cvstomize.deletions where row_key like 'SEK-%'")
    report = run_export(pipeline_settings, full_refresh=True)
    assert [t.table for t in report.tables if t.error] == ["exchange_rates"]
    assert "--allow-shrink" in report.problems()[0]
    export(pipeline_settings, full_refresh=True, allow_shrink=True)
    assert_equal(database, client, pipeline_settings)


def test_two_exports_at_once_are_serial(pipeline_settings: PipelineSettings) -> None:
    with only_exporter(pipeline_settings.database_url) as alone:
        assert alone
        with pytest.raises(ConcurrentExportError):
            run_export(pipeline_settings)


@pytest.mark.parametrize("table", ["exchange_rates", "users", "resumes", "outcome_events"])
def test_truncate_is_refused(world: World, table: str) -> None:
    statement = sql.SQL("truncate {} cascade").format(sql.Identifier("cvstomize", table))
    with pytest.raises(psycopg.errors.RaiseException, match=r"TRUNCATE of .* is refused.* use DELETE"):
        world.connection.execute(statement)
