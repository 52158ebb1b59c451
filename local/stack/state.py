"""Who runs the stack on a data folder, and where its services are."""

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from local.stack.credentials import write_private
from local.stack.errors import StackError

LEFTOVER_SECONDS = 10.0


@dataclass(frozen=True)
class RunningProcess:
    """A process told apart from a later one with the same pid by its start time (seconds since the epoch)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "RunningProcess":
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process itself, or None when it is gone."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


@dataclass
class StackState:
    """What `stack.json` holds. `environment` is empty until every service is healthy."""

    owner: RunningProcess
    services: dict[str, RunningProcess] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    superuser_url: str | None = None

    def write(self, path: Path) -> None:
        write_private(path, json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, path: Path) -> "StackState | None":
        """The state on disk, or None when there is none that can be read."""
        try:
            noted = json.loads(path.read_text())
            return cls(
                owner=RunningProcess(**noted["owner"]),
                services={name: RunningProcess(**process) for name, process in noted["services"].items()},
                environment=dict(noted["environment"]),
                superuser_url=noted["superuser_url"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


class StackLock:
    """One owner per data folder. The kernel drops the lock with its owner, so a stale one cannot exist."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when another process holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return True

    def holder(self) -> str:
        """The pid written by the holder."""
        with contextlib.suppress(OSError):
            return self._path.read_text().strip() or "unknown"
        return "unknown"

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def clear_leftovers(state: StackState) -> None:
    """Wait for the services of a killed owner, which the kernel has told to stop, and end those that do not.

    Raises StackError when one of them cannot be ended.
    """
    deadline = time.monotonic() + LEFTOVER_SECONDS
    for name, service in state.services.items():
        while (process := service.find()) is not None and time.monotonic() < deadline:
            time.sleep(0.1)
        if process is not None:
            with contextlib.suppress(psutil.Error):
                process.kill()
                process.wait(timeout=5)
        if service.find() is not None:
            raise StackError(
                f"{name} (pid {service.pid}) of an earlier run does not end: stop it with kill -9 {service.pid}"
            )
