"""A service that the environment names is used and not started."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from local.stack import EmbeddedStack, StackError
from local.stack.addresses import ROLE_OF_SETTING, libpq_address, parsed, with_database, with_role
from tests.local.stack.conftest import StackProcess
from tests.support.databases import Database
from tests.support.shared_stack import SharedStack


@pytest.mark.slow
def test_roles_are_bootstrapped_through_a_role_that_may(
    run_stack: Callable[..., StackProcess], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server of its own: roles belong to the server, and other tests use those of the shared one."""
    server = run_stack("--no-bigquery", "--no-storage", folder=data_dir.parent / "server").wait_until_ready()
    assert server.superuser_url is not None
    admin_url = with_database(server.superuser_url, "postgres")
    with psycopg.connect(libpq_address(admin_url), autocommit=True) as connection:
        connection.execute("CREATE ROLE operator LOGIN CREATEROLE PASSWORD 'operator'")
        connection.execute("CREATE DATABASE elsewhere OWNER operator")
    monkeypatch.setenv("DATABASE_URL", with_role(with_database(admin_url, "elsewhere"), "operator", "operator"))
    with EmbeddedStack(data_dir, bigquery=False, storage=False) as stack:
        assert not stack.runs_database
        assert stack.services() == {}
        assert stack.prepare().before is None
        environment = stack.environment()
        assert parsed(environment["DATABASE_URL"]).database == "elsewhere"
        with psycopg.connect(libpq_address(environment["DATABASE_URL"])) as connection:
            row = connection.execute("SELECT current_user, count(*) FROM cvstomize.users").fetchone()
        assert row == ("cvstomize_app", 0)


def test_a_role_that_may_not_names_every_missing_setting(
    database: Database, run_stack: Callable[..., StackProcess]
) -> None:
    given = {"DATABASE_URL": database.app_url, "ERASER_DATABASE_URL": database.eraser_url}
    code, errors = run_stack("--no-bigquery", "--no-storage", environment=given).end()
    assert (code, errors.count("\n")) == (1, 1)
    assert "MIGRATOR_DATABASE_URL, PIPELINE_DATABASE_URL, ANALYST_DATABASE_URL" in errors
    assert "ERASER_DATABASE_URL," not in errors


def test_all_five_addresses_are_used_as_they_are(database: Database, run_stack: Callable[..., StackProcess]) -> None:
    state = run_stack("--no-bigquery", "--no-storage", "--prepare", environment=database.urls).wait_until_ready()
    assert {setting: state.environment[setting] for setting in ROLE_OF_SETTING} == database.urls
    assert state.services == {}


def test_given_emulators_are_not_started(run_stack: Callable[..., StackProcess], storage_stack: SharedStack) -> None:
    storage = storage_stack.environment()["STORAGE_EMULATOR_HOST"]
    given = {"STORAGE_EMULATOR_HOST": storage, "BIGQUERY_EMULATOR_HOST": "127.0.0.1:9050"}
    state = run_stack(environment=given).wait_until_ready()
    assert state.environment["STORAGE_EMULATOR_HOST"] == storage
    assert state.environment["BIGQUERY_EMULATOR_HOST"] == "http://127.0.0.1:9050"
    assert set(state.services) == {"PostgreSQL"}


@pytest.mark.parametrize(
    ("given_url", "words"),
    [
        ("postgresql://u:s3cret@127.0.0.1:1/d", "does not answer"),
        ("mysql://u:s3cret@127.0.0.1/d", "must start with postgresql://"),
    ],
)
def test_a_database_that_does_not_answer(run_stack: Callable[..., StackProcess], given_url: str, words: str) -> None:
    code, errors = run_stack("--no-bigquery", "--no-storage", environment={"DATABASE_URL": given_url}).end()
    assert (code, errors.count("\n")) == (1, 1)
    assert words in errors
    assert "s3cret" not in errors


def test_a_wrong_password_is_told(postgres_only: SharedStack, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", with_role(postgres_only.superuser_url, "postgres", "wrong"))
    with pytest.raises(StackError, match="password authentication failed"), EmbeddedStack(data_dir, bigquery=False):
        pass
