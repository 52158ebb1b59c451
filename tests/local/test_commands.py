"""The commands of the Makefile from outside: `local.psql`, `local.serve`, `local.dagster_ui` and the port they need."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.foreground import port_from_environment
from local.stack import StackError
from tests.support.databases import Database

PROJECT = Path(__file__).resolve().parents[2]


def run(*arguments: str, environment: dict[str, str], seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.mark.parametrize("role", ["analyst", "app", "pipeline", "eraser", "migrator"])
def test_psql_speaks_as_the_role(database: Database, tmp_path: Path, role: str) -> None:
    environment = database.urls | {"LOCAL_DATA_DIR": str(tmp_path / "data")}
    done = run(
        "local.psql", role, "--command", "SELECT current_user || ' on ' || current_database()", environment=environment
    )
    assert done.returncode == 0, done.stderr
    assert f"cvstomize_{role} on {database.name}" in done.stdout


def test_psql_passes_a_refusal_on(database: Database, tmp_path: Path) -> None:
    environment = database.urls | {"LOCAL_DATA_DIR": str(tmp_path / "data")}
    done = run("local.psql", "analyst", "--command", "SELECT * FROM cvstomize.users", environment=environment)
    assert done.returncode == 1
    assert "permission denied" in done.stderr


def test_psql_does_not_know_the_superuser_of_a_given_server(database: Database, tmp_path: Path) -> None:
    environment = database.urls | {"LOCAL_DATA_DIR": str(tmp_path / "data")}
    done = run("local.psql", "superuser", environment=environment)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "choose another ROLE" in done.stderr


@pytest.mark.parametrize(("module", "setting"), [("local.serve", "PORT"), ("local.dagster_ui", "DAGSTER_PORT")])
def test_a_taken_port_is_one_clear_line(tmp_path: Path, module: str, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run(module, environment={setting: str(port), "LOCAL_DATA_DIR": str(tmp_path / "data")})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"port {port} on 127.0.0.1 is taken" in done.stderr
    assert not (tmp_path / "data").exists(), "it looked at the port only after starting the stack"


@pytest.mark.parametrize("written", ["0", "65536", "-1", "80a", "８０"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("PORT", written)
    with pytest.raises(StackError, match="PORT must be a number from 1 to 65535, for example PORT=8080"):
        port_from_environment("PORT", 8080)
