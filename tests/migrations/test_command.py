"""`cvstomize migrate` as an operator's script meets it: what is printed, and the exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from migrations.errors import RefusedError
from migrations.runner import check_database, migrate
from tests.support.chains import empty_database, run_psql, schema_dump
from tests.support.databases import Database
from tests.support.private_postgres import PrivatePostgres


def run(database: Database, *arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=os.environ | {"MIGRATOR_DATABASE_URL": url or database.migrator_url},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_check_print_run_and_refuse(database: Database) -> None:
    with empty_database(database) as target:
        pending = run(target, "migrate", "--check")
        assert pending.returncode == 10, pending.stderr
        assert "database is at nothing yet, this version brings 00" in pending.stdout
        assert "pending: 0001 Accounts, the person" in pending.stdout
        assert "CREATE TABLE cvstomize.users" in pending.stdout

        script = run(target, "migrate", "--sql")
        assert script.returncode == 0
        assert run_psql(target.migrator_url, script.stdout).returncode == 0
        assert schema_dump(target) == schema_dump(database), "the printed script does not do what the command does"
        done = run(target, "migrate")
        assert (done.returncode, done.stdout.split("(")[1].strip()) == (0, "nothing to do)")

        # The version table is the first thing every migration touches.
        with target.connect() as connection:
            connection.execute("update cvstomize.alembic_version set version_num = '0011'")
            connection.execute(
                "drop table cvstomize.identities, cvstomize.ended_identities, cvstomize.audit_log cascade"
            )
            connection.execute("drop function cvstomize.refuse_change()")
            connection.execute("alter table cvstomize.users drop column audit_key")
            connection.execute("alter table cvstomize.users owner to postgres")
        refused = run(target, "migrate", "--check")
        assert refused.returncode == 20
        assert "refused: must be owner of table cvstomize.users: it belongs to postgres" in refused.stdout
        assert "cvstomize.users: 0." in refused.stdout, "no table sizes"
        assert 'alter table "cvstomize"."users" owner to "cvstomize_owner";' in refused.stdout
        stopped = run(target, "migrate")
        assert stopped.returncode == 20
        assert "revoke" in stopped.stderr, "no variant for a server without a superuser"


def test_what_cannot_be_asked_is_refused(database: Database) -> None:
    away = database.migrator_url.rsplit("@", 1)[0] + "@127.0.0.1:9/nowhere"
    done = run(database, "migrate", "--check", url=away)
    assert done.returncode == 20
    assert "the database cannot be asked" in done.stderr
    assert "Traceback" not in done.stderr
    assert run(database, "migrate", url="nonsense").returncode == 78


def test_a_lock_is_exit_30(database: Database) -> None:
    with psycopg.connect(database.migrator_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("select pg_advisory_lock(hashtext('cvstomize migrations'))")
        done = run(database, "migrate", "--check")
        assert done.returncode == 30
        assert f"running: pid {other.info.backend_pid}, role cvstomize_migrator" in done.stdout


def test_adoption_without_an_old_table_says_so(database: Database) -> None:
    assert run(database, "adopt", "report").returncode == 0
    done = run(database, "adopt", "expand")
    assert done.returncode == 20
    assert "there is no table public.resumes to adopt" in done.stderr


@pytest.mark.slow
def test_a_replica_is_refused(tmp_path: Path) -> None:
    """A server in recovery answers and takes no changes."""
    server = PrivatePostgres(tmp_path)
    server.start()
    database = server.database()
    with database.connect() as connection:
        row = connection.execute("show data_directory").fetchone()
    server.stop()
    assert row is not None
    cluster = Path(row[0])
    (cluster / "standby.signal").touch()
    server.start()
    try:
        report = check_database(database.migrator_url)
        assert report.exit_code == 20
        assert "replica" in report.findings[0].message
        with pytest.raises(RefusedError, match="nothing was changed: this server is a replica"):
            migrate(database.migrator_url)
    finally:
        server.stop()
