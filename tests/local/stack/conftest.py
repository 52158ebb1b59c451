"""A stack as its own process, the way a person runs it, with everything seen from outside."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.stack.state import RunningProcess, StackState

PROJECT = Path(__file__).resolve().parents[3]
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell starts its background jobs deaf to Ctrl-C, and children inherit that; a person's terminal does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)

GIVEN = ("DATABASE_URL", "STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST")


class StackProcess:
    """`python -m local.stack run` on a data folder."""

    def __init__(self, data_dir: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        inherited = {name: value for name, value in os.environ.items() if name not in GIVEN}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "local.stack", "run", "--data-dir", str(data_dir), *arguments],
            cwd=PROJECT,
            env=inherited | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_until_ready(self, seconds: float = 40) -> StackState:
        """The state it wrote once all services were healthy."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = StackState.read(self.data_dir / "stack.json")
            if state is not None and state.environment and state.owner.pid == self.child.pid:
                return state
            if self.child.poll() is not None:
                pytest.fail(f"ended with {self.child.returncode}: {self.child.communicate()[1]}")
            time.sleep(0.05)
        pytest.fail(f"not ready within {seconds} s")

    def send(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def end(self, seconds: float = 20) -> tuple[int, str]:
        """Exit code and what it wrote to stderr."""
        _, errors = self.child.communicate(timeout=seconds)
        return self.child.returncode, errors


def wait_until_gone(processes: list[RunningProcess], seconds: float = 15) -> list[RunningProcess]:
    """Those that are still there after so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := [process for process in processes if process.find()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def descendants(pid: int) -> list[RunningProcess]:
    """Every process below this one, told apart from later ones with the same pid."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(RunningProcess.of(child.pid))
    return found


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that other accounts can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="cvstomize-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "local"


@pytest.fixture
def run_stack(data_dir: Path) -> Iterator[Callable[..., StackProcess]]:
    """Starts stacks and sees to it that none is left."""
    started: list[StackProcess] = []

    def run(*arguments: str, environment: dict[str, str] | None = None, folder: Path = data_dir) -> StackProcess:
        started.append(StackProcess(folder, *arguments, environment=environment))
        return started[-1]

    yield run
    for process in started:
        if process.child.poll() is None:
            process.child.terminate()
            process.child.wait(timeout=20)
