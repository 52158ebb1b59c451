"""One embedded stack for each process of a test run, started only when a test asks for it.

It belongs to a process of its own that follows the pytest controller, so it also ends when that is killed.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from local.stack import StackError
from local.stack.addresses import with_database
from local.stack.state import StackState

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
SERVICES = ("DATABASE_URL", "STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST")
"""What the person at the terminal may have set for other work: no test may touch those."""
VARIANTS = {
    "postgres": ("--no-storage", "--no-bigquery"),
    "storage": ("--no-bigquery",),
    "full": (),
}


@dataclass(frozen=True)
class SharedStack:
    """Addresses of a stack that another process runs."""

    state: StackState

    def environment(self) -> dict[str, str]:
        """Every setting a child process needs; DATABASE_URL and its kin name the migrated database `cvstomize`."""
        return dict(self.state.environment)

    @property
    def superuser_url(self) -> str:
        """The superuser's address of the database `cvstomize`."""
        assert self.state.superuser_url is not None, "DATABASE_URL is set to a role that may not create databases"
        return self.state.superuser_url

    @property
    def admin_url(self) -> str:
        """The superuser's address of the maintenance database."""
        return with_database(self.superuser_url, "postgres")


def shared_stack(root: Path, variant: str, given: dict[str, str] | None = None) -> SharedStack:
    """The stack of this process, started by the first test that asks. `given` names services to use as they are."""
    state_file = root / f"stack-{variant}.json"
    if not state_file.exists():
        start(state_file, variant, given or {})
    state = StackState.read(state_file)
    assert state is not None
    return SharedStack(state)


def start(state_file: Path, variant: str, given: dict[str, str]) -> None:
    """Start the owner process and wait until it has written where everything is. Raises StackError with its words."""
    log_path = state_file.with_suffix(".log")
    controller = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    command = [sys.executable, "-m", "local.stack", "run", "--ephemeral", "--follow", str(controller)]
    with log_path.open("wb") as log:
        owner = subprocess.Popen(
            [*command, "--state", str(state_file), *VARIANTS[variant]],
            cwd=PROJECT,
            env={name: value for name, value in os.environ.items() if name not in SERVICES} | given,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not state_file.exists():
        if owner.poll() is not None or time.monotonic() > deadline:
            owner.kill()
            raise StackError(f"the stack for the tests did not start: {log_path.read_text()[-1000:]}")
        time.sleep(0.05)


def stop_all(root: Path) -> None:
    """End every stack of this test run and wait for it. Called once, by the controller."""
    files = [*root.glob("stack-*.json"), *root.glob("popen-gw*/stack-*.json")]
    states = [state for path in files if (state := StackState.read(path)) is not None]
    processes = [process for state in states if (process := state.owner.find()) is not None]
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + 15
    while any(state.owner.find() is not None for state in states) and time.monotonic() < deadline:
        time.sleep(0.05)
