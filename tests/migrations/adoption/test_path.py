"""The old database comes in: expand beside a service that goes on writing, cut over, contract; no row is lost."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.stack.addresses import libpq_address, with_role
from migrations.adoption.path import contract, cut_over, expand, report
from migrations.errors import RefusedError
from tests.support.chains import run_psql
from tests.support.databases import Database

OLD_ROLE = "cvstomize_test_old_service"


@pytest.fixture(scope="module")
def old_url(database: Database) -> Iterator[str]:
    """The old service's own role, who owns the old tables beside the new, migrated schema."""
    with database.connect() as connection:
        connection.execute(f"drop role if exists {OLD_ROLE}")
        connection.execute(f"create role {OLD_ROLE} login password 'secret'")
        connection.execute(f'grant connect on database "{database.name}" to {OLD_ROLE}')
        connection.execute(f"grant usage, create on schema public to {OLD_ROLE}")
        connection.execute(f"set role {OLD_ROLE}")
        connection.execute(Path(__file__).with_name("old_service.sql").read_bytes())
    yield libpq_address(with_role(database.superuser_url, OLD_ROLE, "secret"))
    with database.connect() as connection:
        connection.execute("drop schema if exists adoption cascade")
        connection.execute(f"reassign owned by {OLD_ROLE} to postgres")
        connection.execute(f"drop owned by {OLD_ROLE}")
        connection.execute(f"drop role {OLD_ROLE}")


class OldService(threading.Thread):
    """Writes, changes and deletes rows of the old table until it is refused."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.stopped, self.written = url, threading.Event(), 0
        self.refusal: psycopg.Error | None = None
        self.longest = 0.0

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for number in range(100_000):
                if self.stopped.is_set():
                    return
                started = time.monotonic()
                try:
                    self.write(connection, number)
                except psycopg.Error as error:
                    self.refusal = error
                    return
                self.longest = max(self.longest, time.monotonic() - started)
                time.sleep(0.005)

    def write(self, connection: psycopg.Connection, number: int) -> None:
        connection.execute(
            'insert into public.resumes (id, "userId", title, "resumeMarkdown")'
            " values (%s, 'clu000001', 'Live', %s)",
            [f"live{number}", f"# Live {number}"],
        )
        if number % 3 == 0:
            connection.execute(
                """update public.resumes set "resumeMarkdown" = 'changed' where id = %s""", [f"clr{number + 1}"]
            )
        if number % 5 == 0:
            connection.execute("delete from public.resumes where id = %s", [f"live{number - 1}"])
        self.written += 1


def paste_the_block(database: Database, error: RefusedError) -> None:
    block = str(error)
    block = block[block.index("-- Run as a superuser") : block.index("-- On Cloud SQL")]
    done = run_psql(database.superuser_url, block)
    assert done.returncode == 0, done.stderr


def count(database: Database, query: str) -> int:
    with database.connect() as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def test_the_whole_path_with_the_old_service_writing(database: Database, old_url: str) -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into cvstomize.users (id, person_key, email, auth_subject)"
            " values (gen_random_uuid(), 'here already', 'bo@example.com', 'new-bo')"
        )
    with pytest.raises(
        RefusedError, match=r"cvstomize_owner lacks select on public.resumes of cvstomize_test"
    ) as refused:
        expand(database.migrator_url)
    paste_the_block(database, refused.value)

    service = OldService(old_url)
    service.start()
    try:
        expanded = expand(database.migrator_url)
        assert (expanded.step, service.refusal) == ("expand", None)
        assert expanded.other_template > 0
        assert set(expanded.kept_only) == {"jobDescription", "pdfUrl"}
        assert expand(database.migrator_url).step == "expand"  # again: nothing is made twice

        with pytest.raises(RefusedError, match=r"must be owner of table public\.resumes") as refused:
            cut_over(database.migrator_url)
        paste_the_block(database, refused.value)
        time.sleep(0.2)
        assert service.refusal is None, "the old service was locked out before the cut"
        done = cut_over(database.migrator_url)
        service.join(timeout=10)
    finally:
        service.stopped.set()
    assert service.refusal is not None, "a write after the cut went somewhere"
    assert service.refusal.sqlstate == "42501"
    assert service.longest < 4
    assert service.written > 20

    assert done.comparison is not None
    assert done.comparison.equal, done.text()
    assert done.comparison.old_rows >= 2501
    # Two of one address, and one address that an account has already: neither takes over the other's.
    assert (done.people, done.without_address) == (3, 2)
    with psycopg.connect(old_url) as connection:
        assert connection.execute("select count(*) from public.resumes").fetchone() == (done.comparison.old_rows,)
    with database.connect() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="read-only"):
        connection.execute("delete from public.resumes")
    assert count(database, "select count(*) from public.resumes where \"resumeMarkdown\" = 'changed'") > 0

    finished = contract(database.migrator_url)
    assert finished.step == "contract"
    assert count(database, "select count(*) from adoption.rows") == done.comparison.old_rows
    assert count(database, "select count(*) from cvstomize.resumes") == done.comparison.old_rows
    assert count(database, "select count(*) from pg_class where relname like 'resumes\\_before%'") == 0
    assert contract(database.migrator_url).step == report(database.migrator_url).step == "contract"


@pytest.mark.parametrize(
    ("resume", "created"),
    [
        # Both hours that a European clock change makes doubtful: read as UTC, they are one moment each.
        ("0f8fad5b-d9cb-469f-a165-70867728950e", "2024-03-31 02:30:00+00"),
    ],
)
def test_naive_times_are_utc_and_uuids_stay(database: Database, resume: str, created: str) -> None:
    with database.connect() as connection:
        connection.execute("set timezone to 'Europe/Berlin'")
        row = connection.execute(
            "select created_at = %s::timestamptz, pdf_template from cvstomize.resumes where id = %s", [created, resume]
        ).fetchone()
    assert row == (True, "classic")
