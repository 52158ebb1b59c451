"""Every revision of the product to the head on a filled database; dump and restore; every head the API supports."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from api.db.heads import SUPPORTED_HEADS
from local.stack.addresses import libpq_address
from migrations.chain import Chain
from migrations.runner import check_database, expected_head, migrate
from tests.support.chains import PROGRAMS, empty_database, schema_dump
from tests.support.databases import Database
from tests.support.filling import counts, fill

REVISIONS = [revision.name for revision in Chain().revisions]
NEWEST, EVERY = 3, 4
"""What `make test` takes of them: the newest, which a next revision may break, and each fourth of the older."""
STARTS = [
    pytest.param(name, marks=() if name in REVISIONS[-NEWEST:] or not index % EVERY else pytest.mark.prove)
    for index, name in enumerate(REVISIONS)
]
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def whole_schema(database: Database) -> str:
    """The schema of a database that was migrated in one go."""
    return schema_dump(database)


@pytest.mark.slow
@pytest.mark.parametrize("revision", STARTS)
def test_every_revision_reaches_the_head_on_a_filled_database(
    database: Database, whole_schema: str, revision: str
) -> None:
    with empty_database(database) as target:
        migrate(target.migrator_url, target=revision)
        with target.connect() as connection:
            filled = fill(connection, "cvstomize")
        assert filled
        assert set(filled.values()) == {1}
        # A later revision may fill the ledger or a table of its own; what was there has to be there still.
        assert migrate(target.migrator_url).after == expected_head()
        with target.connect() as connection:
            assert all(number >= 1 for number in counts(connection, filled).values())
        assert schema_dump(target) == whole_schema


@pytest.mark.slow
def test_backup_and_restore(database: Database, tmp_path: Path) -> None:
    """Dumped with data, restored elsewhere by the roles' names: same head, same counts, and the next check is green."""
    backup = tmp_path / "backup.dump"
    with empty_database(database) as target, empty_database(database) as restored:
        migrate(target.migrator_url)
        with target.connect() as connection:
            before = fill(connection, "cvstomize")
        for command in (
            ["pg_dump", "--format=custom", f"--file={backup}", libpq_address(target.superuser_url)],
            ["pg_restore", "--exit-on-error", f"--dbname={libpq_address(restored.superuser_url)}", str(backup)],
        ):
            done = subprocess.run(
                [PROGRAMS / command[0], *command[1:]], capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
        with restored.connect() as connection:
            assert counts(connection, before) == before
            head = connection.execute("select version_num from cvstomize.alembic_version").fetchone()
        assert head == (expected_head(),)
        assert schema_dump(restored) == schema_dump(target)
        report = check_database(restored.migrator_url)
        assert (report.exit_code, report.refused) == (0, False)
        with restored.connect("DATABASE_URL") as app:
            app.execute("select count(*) from cvstomize.resumes")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("truncate cvstomize.resumes")


def api_suite(head: str, *paths: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not prove", "-p", "no:cacheprovider", *paths],
        cwd=PROJECT,
        env=os.environ | {"TEST_MIGRATION_HEAD": head},
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.parametrize("head", SUPPORTED_HEADS[:-1][:1])
def test_what_people_do_works_on_the_oldest_supported_head(head: str) -> None:
    """A part of it; `make prove` takes every head and the whole suite."""
    reports = "tests/api/outcomes/test_reports.py"
    api_suite(
        head,
        f"{reports}::test_partial_reports_merge_and_columns_follow",
        f"{reports}::test_null_takes_back_and_history_stays",
        "tests/api/conversation/test_conversation.py",
    )


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("head", SUPPORTED_HEADS)
def test_the_api_suite_passes_on_every_supported_head(head: str) -> None:
    api_suite(head, "tests/api")
