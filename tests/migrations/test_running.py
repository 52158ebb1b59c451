"""Runs that are killed, raced, blocked or broken: each leaves the old schema or the new one, never a half."""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.queues import Queue
from pathlib import Path

import psycopg
import pytest

from migrations.chain import Chain
from migrations.errors import InterruptedStepError, LockedError, MigrationError, RefusedError
from migrations.runner import check_database, migrate, sql_script
from tests.support.chains import Standalone, empty_database, run_psql, schema_dump, write_chain
from tests.support.databases import Database

FORK = multiprocessing.get_context("fork")
Outcome = tuple[str, tuple[str, ...] | str]

FIRST = (
    "create table cvstomize.people (id int generated always as identity primary key, name text not null)",
    "insert into cvstomize.people (name) select 'Person ' || n from generate_series(1, 2000) n",
)
SECOND = (
    "alter table cvstomize.people add column city text",
    "create view cvstomize.names as select name from cvstomize.people",
)
INDEX = Standalone("create index concurrently ix_people_name on cvstomize.people (name)")
LAST = ("alter table cvstomize.people add column country text not null default 'none'",)


@pytest.fixture
def target(database: Database) -> Iterator[Database]:
    with empty_database(database) as fresh:
        yield fresh


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "chain"


def run_and_tell(results: "Queue[Outcome]", url: str, folder: Path) -> None:
    try:
        results.put(("applied", migrate(url, chain=Chain(folder)).applied))
    except MigrationError as error:
        results.put((type(error).__name__, str(error)))


def start_runner(results: "Queue[Outcome]", target: Database, chain: Chain) -> multiprocessing.process.BaseProcess:
    process = FORK.Process(target=run_and_tell, args=(results, target.migrator_url, chain.versions))
    process.start()
    return process


def wait_for_sessions_to_end(target: Database) -> None:
    """The server notices a killed client within its check interval."""
    with target.connect() as connection:
        connection.autocommit = True
        for _ in range(100):
            row = connection.execute(
                "select count(*) from pg_stat_activity where usename = 'cvstomize_migrator'"
                " and datname = current_database()"
            ).fetchone()
            if row == (0,):
                return
            time.sleep(0.1)
    raise AssertionError("a session of a killed runner lives on")


def test_an_error_in_the_last_of_four_revisions_applies_nothing(target: Database, folder: Path) -> None:
    chain = write_chain(folder, FIRST, SECOND, LAST, ("insert into cvstomize.people (name) select null",))
    before = schema_dump(target)
    with pytest.raises(MigrationError, match="nothing of r1, r2, r3, r4 was changed: null value") as raised:
        migrate(target.migrator_url, chain=chain)
    assert raised.value.exit_code == 40
    assert schema_dump(target) == before


@pytest.mark.parametrize("count", [2, 10])
def test_runners_at_once_with_a_concurrent_index_pending(target: Database, folder: Path, count: int) -> None:
    chain = write_chain(folder, FIRST, SECOND, INDEX, LAST)
    results: Queue[Outcome] = FORK.Queue()
    processes = [start_runner(results, target, chain) for _ in range(count)]
    outcomes = [results.get(timeout=90) for _ in processes]
    for process in processes:
        process.join(timeout=10)
    assert sorted(outcomes) == [("applied", ())] * (count - 1) + [("applied", ("r1", "r2", "r3", "r4"))]
    assert check_database(target.migrator_url, chain=chain).exit_code == 0


@pytest.mark.parametrize(
    "kills",
    [pytest.param(5, marks=pytest.mark.slow), pytest.param(50, marks=[pytest.mark.prove, pytest.mark.timeout(600)])],
)
def test_killed_at_random_points(database: Database, tmp_path: Path, kills: int) -> None:
    """The dump equals the old or the new one; with a concurrent index among them, running again ends at the new."""
    whole, stepped = (
        write_chain(tmp_path / "whole", FIRST, SECOND, LAST),
        write_chain(tmp_path / "steps", FIRST, SECOND, INDEX, LAST),
    )
    with empty_database(database) as target:
        empty = schema_dump(target)
        started = time.monotonic()
        migrate(target.migrator_url, chain=whole)
        duration = time.monotonic() - started
        complete = schema_dump(target)
    with empty_database(database) as target:
        migrate(target.migrator_url, chain=stepped)
        indexed = schema_dump(target)
    chance = random.Random(kills)
    for number in range(kills):
        chain, new = (stepped, indexed) if number % 2 else (whole, complete)
        with empty_database(database) as target:
            results: Queue[Outcome] = FORK.Queue()
            process = start_runner(results, target, chain)
            time.sleep(chance.uniform(0, duration * 1.2))
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            wait_for_sessions_to_end(target)
            if chain is whole:
                assert schema_dump(target) in {empty, new}
            migrate(target.migrator_url, chain=chain)
            assert schema_dump(target) == new


def test_an_invalid_remnant_is_cleaned_and_the_step_resumed(target: Database, folder: Path) -> None:
    """A unique index over duplicates fails and stays INVALID; after the duplicate is gone the next run builds it."""
    chain = write_chain(
        folder, FIRST, Standalone("create unique index concurrently uq_people_name on cvstomize.people (name)"), LAST
    )
    migrate(target.migrator_url, chain=chain, target="r1")
    with target.connect() as connection:
        connection.execute("insert into cvstomize.people (name) values ('Person 1')")
    with pytest.raises(
        InterruptedStepError, match=r"could not create unique index.*run `cvstomize migrate` again"
    ) as raised:
        migrate(target.migrator_url, chain=chain)
    assert raised.value.exit_code == 50
    report = check_database(target.migrator_url, chain=chain)
    assert report.exit_code == 50
    assert "revision r2 was begun at" in (report.interrupted or "")
    assert any("INVALID" in finding.message for finding in report.findings)
    with target.connect() as connection:
        connection.execute("delete from cvstomize.people where id > 2000")
    assert migrate(target.migrator_url, chain=chain).applied == ("r2", "r3")
    assert check_database(target.migrator_url, chain=chain).exit_code == 0


def test_a_step_killed_after_the_build_is_only_marked_done(target: Database, folder: Path) -> None:
    chain = write_chain(folder, FIRST, INDEX)
    migrate(target.migrator_url, chain=chain)
    with target.connect() as connection:
        connection.execute("update cvstomize.alembic_version set version_num = 'r1'")
        connection.execute("update cvstomize.migration_journal set state = 'started' where revision = 'r2'")
        first = connection.execute("select 'cvstomize.ix_people_name'::regclass::oid").fetchone()
    assert migrate(target.migrator_url, chain=chain).applied == ("r2",)
    with target.connect() as connection:
        assert connection.execute("select 'cvstomize.ix_people_name'::regclass::oid").fetchone() == first


def test_a_stranger_s_index_of_that_name_is_refused(target: Database, folder: Path) -> None:
    chain = write_chain(folder, FIRST, INDEX)
    migrate(target.migrator_url, chain=chain, target="r1")
    with target.connect() as connection:
        connection.execute("create index ix_people_name on cvstomize.people (id)")
    with pytest.raises(RefusedError, match=r"already there, and no revision made it: CREATE INDEX"):
        migrate(target.migrator_url, chain=chain)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (("create index concurrently i on cvstomize.people (name)",), "has to be the only one"),
        (("commit", "alter table cvstomize.people add column a int"), "begins or ends a transaction"),
        (("alter tabel cvstomize.people add column a int",), "PostgreSQL cannot read"),
    ],
)
def test_a_revision_that_would_break_the_whole_is_refused(
    target: Database, folder: Path, statements: tuple[str, ...], words: str
) -> None:
    chain = write_chain(folder, FIRST, statements)
    before = schema_dump(target)
    with pytest.raises(RefusedError, match=words):
        migrate(target.migrator_url, chain=chain)
    assert schema_dump(target) == before


def test_somebody_else_s_lock_is_named_with_pid_and_time(target: Database, folder: Path) -> None:
    chain = write_chain(folder, FIRST)
    with psycopg.connect(target.migrator_url.replace("+psycopg", ""), application_name="another runner") as other:
        other.execute("select pg_advisory_lock(hashtext('cvstomize migrations'))")
        other.commit()
        with pytest.raises(LockedError, match=rf"pid {other.info.backend_pid}, .*another runner.*since 20") as raised:
            migrate(target.migrator_url, chain=chain, wait_seconds=0.3)
        assert raised.value.exit_code == 30
        assert check_database(target.migrator_url, chain=chain).exit_code == 30


def write_until(stop: threading.Event, target: Database, waits: list[float]) -> None:
    """A running version at work: one insert after the other, each timed."""
    with target.connect("DATABASE_URL") as connection:
        connection.autocommit = True
        while not stop.is_set():
            started = time.monotonic()
            connection.execute("insert into cvstomize.people (name) values ('written')")
            waits.append(time.monotonic() - started)
            time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("forever", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_a_reader_and_a_writer_wait_no_longer_than_the_lock_timeout(
    target: Database, folder: Path, *, forever: bool
) -> None:
    """A long reader holds the migration up; a writer goes on, and never stands behind it for longer than 3 s."""
    chain = write_chain(folder, FIRST, SECOND)
    migrate(target.migrator_url, chain=chain, target="r1")
    with target.connect() as owner:
        owner.execute("grant usage on schema cvstomize to cvstomize_app")
        owner.execute("grant select, insert on cvstomize.people to cvstomize_app")
    stop, waits = threading.Event(), list[float]()
    writer = threading.Thread(target=write_until, args=(stop, target, waits))
    with target.connect() as reader:
        reader.execute("select count(*) from cvstomize.people")
        held = rf"pid {reader.info.backend_pid} of postgres holds AccessShareLock on cvstomize.people"
        notices = [finding.message for finding in check_database(target.migrator_url, chain=chain).findings]
        assert any(message.startswith(held) for message in notices)
        end_of_reading = threading.Timer(4.0, reader.rollback)
        writer.start()
        try:
            before = schema_dump(target)
            if forever:
                with pytest.raises(LockedError, match=held):
                    migrate(target.migrator_url, chain=chain)
                assert schema_dump(target) == before
                reader.rollback()
            else:
                end_of_reading.start()
            assert migrate(target.migrator_url, chain=chain).applied == ("r2",)
        finally:
            stop.set()
            writer.join(timeout=10)
    assert len(waits) >= 10
    assert max(waits) < 3.0 + 1.0, "the writer stood behind the migration for longer than the lock time-out"


def test_the_printed_script_does_what_the_command_does(database: Database, target: Database, folder: Path) -> None:
    chain = write_chain(folder, FIRST, SECOND, INDEX, LAST)
    script = sql_script(target.migrator_url, chain=chain)
    done = run_psql(target.migrator_url, script)
    assert done.returncode == 0, done.stderr
    assert check_database(target.migrator_url, chain=chain).exit_code == 0
    by_hand = schema_dump(target)
    with empty_database(database) as other:
        migrate(other.migrator_url, chain=chain)
        assert schema_dump(other) == by_hand
