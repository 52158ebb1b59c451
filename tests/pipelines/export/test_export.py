"""The export against real servers: after each one, the raw tables are exactly what the views show."""

import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from google.cloud import bigquery

from pipelines.lib.export.bigquery_jobs import JobRunner, bigquery_client
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.errors import ConcurrentExportError
from pipelines.lib.export.export_run import run_export
from pipelines.lib.export.report import ExportReport
from pipelines.lib.export.snapshot import only_exporter
from pipelines.settings import PipelineSettings
from tests.support.databases import Database

pytestmark = pytest.mark.slow
PURPOSES = ("product", "outcome_research", "training")


class World:
    """People, their resumes and consents, written as the application would."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def add_person(self) -> uuid.UUID:
        """A person who agreed to everything, with one resume, one version and one offer."""
        person, ad, draw, resume = (uuid.uuid4() for _ in range(4))
        run = self.connection.execute
        run(
            "insert into cvstomize.users (id, person_key, email, auth_subject) values (%s, %s, %s, %s)",
            [person, f"p-{person}", f"{person}@example.com", str(person)],
        )
        for purpose in PURPOSES:
            self.decide(person, purpose, granted=True)
        run(
            "insert into cvstomize.job_ads (id, user_id, body_text, text_sha256, job_family, seniority, region,"
            " analysis)"
            " values (%s, %s, %s, 'h', 'data', 'senior', 'eu', '{\"x\": 67.174118}')",
            [ad, person, 'An ad with "quotes", a comma,\na line\u2028 and nothing else'],
        )
        run(
            "insert into cvstomize.framing_draws (id, user_id, job_ad_id, framing, probabilities, policy_version, seed)"
            " values (%s, %s, %s, 'neutral', '{\"neutral\": 0.25}', '1', 's')",
            [draw, person, ad],
        )
        run(
            "insert into cvstomize.resumes (id, user_id, job_ad_id, framing_draw_id, title, framing, provider,"
            " prompt_version) values (%s, %s, %s, %s, 't', 'neutral', 'composer', '1')",
            [resume, person, ad, draw],
        )
        self.add_version(resume)
        run(
            "insert into cvstomize.outcome_events (id, resume_id, kind, salary_amount, salary_currency, salary_period)"
            " values (%s, %s, 'offer', 123456789012.34, 'IDR', 'year')",
            [uuid.uuid4(), resume],
        )
        return person

    def add_version(self, resume: uuid.UUID, key: uuid.UUID | None = None) -> uuid.UUID:
        """The next version of a resume; its Markdown is empty, which is not NULL."""
        key = key or uuid.uuid4()
        self.connection.execute(
            "insert into cvstomize.resume_versions (id, resume_id, version, body_markdown, content, source, warnings,"
            " profile_facts, training_eligible) select %s, %s, coalesce(max(version), 0) + 1, '', '{}', 'generated',"
            " '[]', '{}', true from cvstomize.resume_versions where resume_id = %s",
            [key, resume, resume],
        )
        return key

    def decide(self, person: uuid.UUID, purpose: str, *, granted: bool) -> None:
        """Record a consent decision."""
        self.connection.execute(
            "insert into cvstomize.consents (id, user_id, purpose, granted, policy_version, text_sha256, recorded_at)"
            " values (%s, %s, %s, %s, '1', 'x', clock_timestamp())",
            [uuid.uuid4(), person, purpose, granted],
        )

    def resume_of(self, person: uuid.UUID) -> uuid.UUID:
        row = self.connection.execute("select id from cvstomize.resumes where user_id = %s", [person]).fetchone()
        assert row is not None
        found: uuid.UUID = row[0]
        return found


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with database.connect() as connection:
        connection.autocommit = True
        yield World(connection)


@pytest.fixture(scope="module")
def client(pipeline_settings: PipelineSettings) -> bigquery.Client:
    return bigquery_client(pipeline_settings)


def rows_in_postgres(connection: psycopg.Connection, table: str) -> dict[str, dict[str, Any]]:
    contract = load_contracts()[table]
    columns = [f"{c.name}::text::bigint" if c.type == "xid8" else c.name for c in contract.columns]
    names = [c.name for c in contract.columns]
    found = connection.execute(f"select {', '.join(columns)} from export.{table}").fetchall()
    return {row[contract.key]: row for row in (dict(zip(names, values, strict=True)) for values in found)}


def rows_in_bigquery(client: bigquery.Client, settings: PipelineSettings, table: str) -> dict[str, dict[str, Any]]:
    contract = load_contracts()[table]
    columns = ", ".join(column.name for column in contract.columns)
    found = JobRunner(client).rows(f"select {columns} from `{settings.raw_dataset}.{table}`")
    rows = [dict(row) for row in found]
    assert len({row[contract.key] for row in rows}) == len(rows), f"{table} holds a key twice"
    return {row[contract.key]: row for row in rows}


def assert_equal(database: Database, client: bigquery.Client, settings: PipelineSettings) -> None:
    """The raw tables hold exactly what the views show. Only for a moment when nobody writes."""
    with database.connect() as connection:
        for table in load_contracts():
            assert rows_in_bigquery(client, settings, table) == rows_in_postgres(connection, table), table


def export(settings: PipelineSettings, **options: Any) -> ExportReport:
    report = run_export(settings, **options)
    assert report.clean, report.problems()
    return report


def modes(report: ExportReport) -> set[str]:
    return {table.mode for table in report.tables}


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


def test_an_infinite_time_stays_behind_with_its_key_and_comes_when_it_is_mended(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    resume = world.resume_of(world.add_person())
    world.connection.execute("update cvstomize.resumes set last_viewed_at = 'infinity' where id = %s", [resume])
    report = run_export(pipeline_settings)
    assert not report.clean
    assert {t.table: t.quarantined_keys for t in report.tables}["resumes"] == [str(resume)]
    assert str(resume) not in rows_in_bigquery(client, pipeline_settings, "resumes")
    world.connection.execute("update cvstomize.resumes set last_viewed_at = now() where id = %s", [resume])
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)


def test_an_added_column_flows_through_and_a_dropped_one_stops_its_table_only(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    run = world.connection.execute
    before = run("select pg_get_viewdef('export.exchange_rates'::regclass)").fetchone()
    assert before is not None
    body = before[0].rstrip().rstrip(";")
    run(f"create or replace view export.exchange_rates as select v.*, 7::bigint as added from ({body}) v")
    report = export(pipeline_settings)
    by_table = {table.table: table for table in report.tables}
    assert by_table["exchange_rates"].added_columns == ["added"]
    [row] = JobRunner(client).rows(f"select added from `{pipeline_settings.raw_dataset}.exchange_rates`")
    assert row["added"] == 7
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
    assert "DROP COLUMN added" in report.problems()[0]
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


def test_truncate_is_refused(world: World) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="TRUNCATE"):
        world.connection.execute("truncate cvstomize.exchange_rates")


POINTS = (
    "prepared",
    "snapshot opened",
    "resumes uploaded",
    "traits uploaded",
    "copied",
    "people loaded",
    "resume_versions deletions loaded",
    "loaded",
    "about to merge",
    "merged",
    "objects removed",
    "load tables dropped",
)
KILLED_EXPORT = """
import os, signal, sys
from pipelines.lib.export import milestones
from pipelines.lib.export.export_run import run_export
from pipelines.settings import load_settings
def listen(point):
    if point == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
milestones.listener = listen
run_export(load_settings())
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", [pytest.param(p, marks=() if p == "merged" else pytest.mark.prove) for p in POINTS])
def test_killed_at_any_point_a_plain_run_makes_it_right(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World, point: str
) -> None:
    environment = os.environ | {
        name.upper(): str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
        for name, value in pipeline_settings
        if value is not None
    }
    person = world.add_person()
    export(pipeline_settings)
    world.add_person()
    world.decide(person, "training", granted=False)
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED_EXPORT, point],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -9, (point, killed.stderr[-500:])
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)


@pytest.mark.timeout(120)
def test_with_concurrent_writers_every_export_holds_what_its_successor_confirms(
    pipeline_settings: PipelineSettings, database: Database, client: bigquery.Client, world: World
) -> None:
    people = [world.add_person() for _ in range(12)]
    export(pipeline_settings)
    stop, failures = threading.Event(), []

    def write(seed: int) -> None:
        choice = random.Random(seed)
        with database.connect() as connection:
            mine = World(connection)
            while not stop.is_set():
                try:
                    write_once(mine, choice, people)
                    connection.rollback() if choice.random() < 0.2 else connection.commit()
                except psycopg.errors.DeadlockDetected:
                    connection.rollback()
                except Exception as error:
                    failures.append(error)
                    return

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 10
    exports = 0
    while time.monotonic() < deadline:
        assert modes(export(pipeline_settings)) == {"incremental"}
        exports += 1
    stop.set()
    for writer in writers:
        writer.join(timeout=20)
    assert failures == []
    assert exports >= 2
    export(pipeline_settings)
    assert_equal(database, client, pipeline_settings)
    report = export(pipeline_settings, full_refresh=True)
    assert sum(t.rows_inserted + t.rows_updated + t.rows_deleted for t in report.tables) == 0


def write_once(world: World, choice: random.Random, people: list[uuid.UUID]) -> None:
    """One change of a random kind, in the transaction that is open."""
    run, person = world.connection.execute, choice.choice(people)
    kind = choice.choice(("insert", "update", "delete", "reinsert", "savepoint", "consent", "long"))
    row = run("select id from cvstomize.resumes where user_id = %s limit 1", [person]).fetchone()
    if row is None:
        return
    resume = row[0]
    if kind == "insert":
        world.add_person()
    elif kind == "update":
        run("update cvstomize.resumes set viewed_count = viewed_count + 1 where id = %s", [resume])
    elif kind == "consent":
        world.decide(person, choice.choice(PURPOSES[1:]), granted=choice.random() < 0.5)
    elif kind == "savepoint":
        with world.connection.transaction(force_rollback=choice.random() < 0.5):
            run("update cvstomize.resumes set shared_count = shared_count + 1 where id = %s", [resume])
    else:
        event = run(
            "delete from cvstomize.outcome_events where id = (select id from cvstomize.outcome_events"
            " where resume_id = %s limit 1 for update skip locked) returning id",
            [resume],
        ).fetchone()
        if kind != "delete":
            key = event[0] if event else uuid.uuid4()
            run(
                "insert into cvstomize.outcome_events (id, resume_id, kind) values (%s, %s, 'interview')", [key, resume]
            )
        if kind == "long":
            time.sleep(choice.random() * 1.5)
