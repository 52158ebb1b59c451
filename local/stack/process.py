"""One service process: started, watched and stopped by pid, with its log next to the data."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.stack.errors import StackError

TIED_CHILD = Path(__file__).with_name("tied_child.py")
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Account:
    """The unprivileged system account a service runs as when we are root."""

    name: str
    uid: int
    gid: int


def tied_command(command: Sequence[str], stop_signal: signal.Signals, account: Account | None) -> list[str]:
    """The command line that runs `command` as `account` and sends it `stop_signal` when we die."""
    identity = f"{account.uid}:{account.gid}" if account else "-"
    stub = [sys.executable, "-I", "-S", str(TIED_CHILD), str(os.getpid()), str(int(stop_signal)), identity]
    return [*stub, *command]


@dataclass
class ServiceProcess:
    """A child in a session of its own, so that Ctrl-C reaches only us and we stop the services in order.

    The kernel ties a child to the *thread* that started it: start the stack from a thread that lives as long as it.
    """

    name: str
    command: Sequence[str]
    log_path: Path
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the program. Raises StackError when it cannot be executed."""
        try:
            with self.log_path.open("wb") as log:
                self.child = subprocess.Popen(
                    tied_command(self.command, self.stop_signal, self.account),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(self.environment),
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            raise StackError(f"{self.name} cannot be started: {error}") from error

    @property
    def pid(self) -> int | None:
        return self.child.pid if self.child else None

    def ensure_running(self) -> None:
        """Raise StackError with the reason from the log when the process has ended by itself."""
        if self.child is not None and self.child.poll() is not None:
            raise StackError(f"{self.name} ended with code {self.child.returncode}: {self.reason()} ({self.log_path})")

    def reason(self) -> str:
        """The line of the log that most likely names the reason."""
        with contextlib.suppress(OSError):
            lines = [line.strip() for line in self.log_path.read_text(errors="replace").splitlines() if line.strip()]
            telling = [line for line in lines if any(word in line.lower() for word in ("fatal", "error", "could not"))]
            if telling or lines:
                return (telling or lines)[-1][-400:]
        return "no output"

    def port_was_taken(self) -> bool:
        """Whether the log says that another program holds the port: worth another try with another port."""
        with contextlib.suppress(OSError):
            return "address already in use" in self.log_path.read_text(errors="replace").lower()
        return False

    def request_stop(self) -> None:
        """Ask the process to end; `finish_stop` waits for it."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(self.stop_signal)

    def finish_stop(self, seconds: float = STOP_SECONDS) -> None:
        """Wait for the end that was asked for, then insist."""
        if self.child is None:
            return
        try:
            self.child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(timeout=seconds)
        self.child = None
