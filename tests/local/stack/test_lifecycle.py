"""However the stack ends, nothing is left behind and the next start finds the data again."""

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from local.stack.addresses import libpq_address
from local.stack.ports import is_free
from local.stack.state import StackState
from tests.local.stack.conftest import StackProcess, descendants, wait_until_gone

LIGHT = ("--no-bigquery", "--no-storage")
RunStack = Callable[..., StackProcess]


def connect(state: StackState) -> psycopg.Connection:
    assert state.superuser_url is not None
    url = libpq_address(state.superuser_url).replace("/cvstomize", "/postgres")
    return psycopg.connect(url, connect_timeout=5, autocommit=True)


def port_of(url: str) -> int:
    found = re.search(r":(\d+)(/|$)", url.rpartition("@")[2].removeprefix("http://"))
    assert found is not None
    return int(found[1])


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_whole_stack_starts_in_ten_seconds_and_stops_cleanly(
    run_stack: RunStack, number: signal.Signals, code: int
) -> None:
    begun = time.monotonic()
    process = run_stack()
    state = process.wait_until_ready()
    assert time.monotonic() - begun < 10
    assert set(state.services) == {"PostgreSQL", "Cloud Storage emulator", "BigQuery emulator"}
    below = descendants(process.child.pid)
    assert len(below) >= 3
    process.send(number)
    assert process.end() == (code, "")
    assert wait_until_gone(below, 0.5) == []
    assert not (process.data_dir / "stack.json").exists()
    assert all(is_free(port_of(state.environment[name])) for name in ("DATABASE_URL", "STORAGE_EMULATOR_HOST"))


@pytest.mark.slow
def test_kill_leaves_no_process_and_the_next_start_works(run_stack: RunStack) -> None:
    process = run_stack()
    state = process.wait_until_ready()
    with connect(state) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    below = descendants(process.child.pid)
    process.send(signal.SIGKILL)
    process.end()
    again = run_stack().wait_until_ready()  # at once: it has to wait for what is still stopping
    assert wait_until_gone(below, 1) == []
    assert again.environment == state.environment
    with connect(again) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@pytest.mark.slow
def test_kill_during_the_start_leaves_nothing(run_stack: RunStack) -> None:
    process = run_stack(*LIGHT)
    time.sleep(0.7)
    below = descendants(process.child.pid)
    process.send(signal.SIGKILL)
    process.end()
    assert wait_until_gone(below) == []
    run_stack(*LIGHT).wait_until_ready()


def test_restart_finds_data_and_addresses_again(run_stack: RunStack) -> None:
    process = run_stack(*LIGHT)
    first = process.wait_until_ready()
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'still here' AS word")
    process.send(signal.SIGINT)
    process.end()
    second = run_stack(*LIGHT).wait_until_ready()
    assert second.environment == first.environment
    with connect(second) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("still here",)


@pytest.mark.slow
def test_open_sessions_do_not_hold_up_the_stop(run_stack: RunStack) -> None:
    process = run_stack(*LIGHT)
    connection = connect(process.wait_until_ready())
    connection.execute("BEGIN")
    process.send(signal.SIGINT)
    begun = time.monotonic()
    assert process.end()[0] == 130
    assert time.monotonic() - begun < 5
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_second_start_names_the_holder_in_one_line(run_stack: RunStack) -> None:
    first = run_stack(*LIGHT)
    first.wait_until_ready()
    code, errors = run_stack(*LIGHT).end()
    assert code == 1
    assert errors.count("\n") == 1
    assert f"already runs in process {first.child.pid}" in errors


@pytest.mark.slow
@pytest.mark.parametrize("service", ["PostgreSQL", "Cloud Storage emulator"])
def test_end_of_one_service_ends_all_with_its_name(run_stack: RunStack, service: str) -> None:
    process = run_stack("--no-bigquery")
    state = process.wait_until_ready()
    below = descendants(process.child.pid)
    victim = state.services[service].find()
    assert victim is not None
    victim.kill()
    code, errors = process.end()
    assert (code, errors.count("\n")) == (1, 1)
    assert f"{service} ended with code -9" in errors
    assert wait_until_gone(below, 1) == []


@pytest.mark.slow
def test_stack_ends_with_the_process_it_follows(run_stack: RunStack) -> None:
    followed = run_stack(*LIGHT)
    followed.wait_until_ready()
    folder = followed.data_dir.parent / "other"
    process = run_stack(*LIGHT, "--follow", str(followed.child.pid), folder=folder)
    process.wait_until_ready()
    followed.send(signal.SIGKILL)
    followed.child.wait(timeout=10)
    assert process.end() == (0, "")


@pytest.mark.slow
def test_ephemeral_stack_removes_its_data(run_stack: RunStack, tmp_path: Path) -> None:
    state_file = tmp_path / "state.json"
    process = run_stack(*LIGHT, "--ephemeral", "--state", str(state_file))
    deadline = time.monotonic() + 20
    while not state_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    state = StackState.read(state_file)
    assert state is not None
    folder = Path(state.environment["DAGSTER_HOME"]).parent
    assert (folder / "postgres").exists()
    assert not process.data_dir.exists()
    process.send(signal.SIGTERM)
    assert process.end()[0] == 143
    assert not folder.exists()
