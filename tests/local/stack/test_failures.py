"""Everything that can be in the way gives one clear line and exit code 1, never a traceback."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.stack.account import can_run
from local.stack.process import Account
from tests.local.stack.conftest import StackProcess

LIGHT = ("--no-bigquery", "--no-storage")
RunStack = Callable[..., StackProcess]


def assert_one_line(process: StackProcess, *words: str) -> None:
    code, errors = process.end()
    assert code == 1
    assert errors.count("\n") == 1, errors
    assert [word for word in words if word not in errors] == [], errors


def test_folder_that_is_a_file(run_stack: RunStack, data_dir: Path) -> None:
    data_dir.write_text("not a folder")
    assert_one_line(run_stack(*LIGHT), str(data_dir), "is not a folder", "choose another data folder")


def test_folder_on_a_file_system_that_refuses(run_stack: RunStack) -> None:
    folder = Path("/proc/cvstomize")
    assert_one_line(run_stack(*LIGHT, folder=folder), str(folder), "is not a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_of_somebody_else(run_stack: RunStack, data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o555)
    assert_one_line(run_stack(*LIGHT), str(data_dir), "is not a folder")


@pytest.mark.slow
def test_lost_secrets_are_not_made_anew_over_old_data(run_stack: RunStack, data_dir: Path) -> None:
    process = run_stack(*LIGHT)
    process.wait_until_ready()
    process.send(signal.SIGINT)
    process.end()
    secrets = data_dir / "secrets.json"
    assert secrets.stat().st_mode & 0o777 == 0o600
    kept = secrets.read_text()
    secrets.unlink()
    assert_one_line(run_stack(*LIGHT), "secrets.json is missing", "put it back")
    secrets.write_text(json.dumps(json.loads(kept) | {"superuser_password": "another"}))
    assert_one_line(run_stack(*LIGHT), "another password", "put that file back")
    secrets.write_text(kept[: len(kept) // 2])
    assert_one_line(run_stack(*LIGHT), "secrets.json cannot be read")


def test_taken_port_is_exchanged(run_stack: RunStack, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        data_dir.mkdir()
        (data_dir / "ports.json").write_text(json.dumps({"postgres": port}))
        state = run_stack(*LIGHT).wait_until_ready()
    assert f":{port}/" not in state.environment["DATABASE_URL"]


@pytest.mark.slow
def test_stale_lock_of_postgres_is_cleared(run_stack: RunStack, data_dir: Path) -> None:
    """A crash of the machine leaves `postmaster.pid`, and its pid may belong to anybody after the restart."""
    process = run_stack(*LIGHT)
    state = process.wait_until_ready()
    lock = (data_dir / "postgres").resolve() / "postmaster.pid"
    lines = lock.read_text().splitlines()
    process.send(signal.SIGINT)
    process.end()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert run_stack(*LIGHT).wait_until_ready().environment == state.environment


@pytest.mark.slow
def test_interrupted_initdb_is_done_again(run_stack: RunStack, data_dir: Path) -> None:
    half = data_dir / "postgres.new"
    half.mkdir(parents=True)
    (half / "base").write_text("half made")
    run_stack(*LIGHT).wait_until_ready()
    assert not half.exists()


@pytest.mark.slow
def test_cluster_of_another_version(run_stack: RunStack, data_dir: Path) -> None:
    process = run_stack(*LIGHT)
    process.wait_until_ready()
    process.send(signal.SIGINT)
    process.end()
    ((data_dir / "postgres").resolve() / "PG_VERSION").write_text("16\n")
    assert_one_line(run_stack(*LIGHT), "was made by PostgreSQL 16")


def test_env_without_a_running_stack(data_dir: Path) -> None:
    command = [sys.executable, "-m", "local.stack", "env", "--data-dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "no stack runs on" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_data_folder_closed_to_other_accounts(run_stack: RunStack, data_dir: Path) -> None:
    """A checkout under /root: the account of PostgreSQL cannot go there, so the cluster lives elsewhere."""
    data_dir.parent.chmod(0o700)
    process = run_stack(*LIGHT)
    state = process.wait_until_ready()
    assert (data_dir / "postgres").is_symlink()
    elsewhere = (data_dir / "postgres").resolve()
    assert elsewhere.is_relative_to("/var/lib/cvstomize")
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    process.send(signal.SIGINT)
    process.end()
    again = run_stack(*LIGHT)
    assert again.wait_until_ready().environment == state.environment
    again.send(signal.SIGINT)
    again.end()
    shutil.rmtree(elsewhere.parent)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the account")
def test_program_that_an_account_cannot_reach(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    tmp_path.chmod(0o700)
    nobody = Account("nobody", 65534, 65534)
    assert not can_run(nobody, [str(program)])
    assert can_run(nobody, ["/bin/true"])
