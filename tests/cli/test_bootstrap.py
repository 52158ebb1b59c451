"""`cvstomize bootstrap` on a bare server of its own: roles that work, addresses nobody else reads."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from local.stack.addresses import libpq_address, with_database
from tests.support.databases import Database

PROJECT = Path(__file__).resolve().parents[2]


def command(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "bootstrap", *arguments],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "ADMIN_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def roles_as_before(database: Database) -> Iterator[None]:
    """Roles belong to the whole server: other tests keep their passwords."""
    names = "rolname like 'cvstomize_%' and rolcanlogin"
    with psycopg.connect(libpq_address(database.superuser_url), autocommit=True) as connection:
        before = connection.execute(f"select rolname, rolpassword from pg_authid where {names}").fetchall()
        yield
        for role, password in before:
            statement = sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(password))
            connection.execute(statement)


@pytest.mark.usefixtures("roles_as_before")
def test_every_role_signs_in_with_its_file(database: Database, tmp_path: Path) -> None:
    done = command(database.superuser_url, "--folder", str(tmp_path / "addresses"))
    assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "addresses").iterdir())
    assert len(files) == 5
    for file in files:
        address = file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert address.split(":")[2].split("@")[0] not in done.stdout + done.stderr
        with psycopg.connect(address, connect_timeout=5) as connection:
            row = connection.execute("select current_user").fetchone()
        assert row is not None
        assert row[0] in done.stdout


@pytest.mark.usefixtures("roles_as_before")
def test_addresses_of_a_socket(database: Database, tmp_path: Path) -> None:
    done = command(database.superuser_url, "--folder", str(tmp_path / "a"), "--address", "host=/cloudsql/p:r:i")
    assert done.returncode == 0, done.stderr
    address = (tmp_path / "a/cvstomize-database-url").read_text()
    assert address.startswith("postgresql://cvstomize_app:")
    assert address.endswith(f"@/{database.name}?host=%2Fcloudsql%2Fp%3Ar%3Ai")


def test_what_is_there_is_not_overwritten(database: Database, tmp_path: Path) -> None:
    done = command(database.superuser_url, "--folder", str(tmp_path))
    assert (done.returncode, "exists" in done.stderr) == (78, True)


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("", 78, "ADMIN_DATABASE_URL"),
        ("nonsense", 78, "example"),
        ("postgresql://u:s3cret@127.0.0.1:1/d", 1, "refused"),
    ],
)
def test_no_server(tmp_path: Path, url: str, code: int, words: str) -> None:
    done = command(url, "--folder", str(tmp_path / "a"))
    assert done.returncode == code
    assert words in done.stderr
    assert "s3cret" not in done.stderr


def test_a_role_that_may_not(database: Database, tmp_path: Path) -> None:
    done = command(with_database(database.urls["DATABASE_URL"], database.name), "--folder", str(tmp_path / "a"))
    assert done.returncode == 1
    assert "could not be made" in done.stderr
    assert not (tmp_path / "a").exists()
