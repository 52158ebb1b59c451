"""Run programs in the foreground beside the stack, so that one Ctrl-C ends all of them and none outlives us."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.stack import EmbeddedStack, StackError
from local.stack.ports import LOOPBACK, is_free
from local.stack.process import tied_command

PROJECT = Path(__file__).resolve().parents[1]
END_SECONDS = 12.0


@dataclass
class Program:
    """A child that writes to our terminal."""

    name: str
    child: subprocess.Popen[bytes]

    def ensure_running(self) -> None:
        """Raise StackError when it has ended by itself."""
        if self.child.poll() is not None:
            raise StackError(f"{self.name} ended with code {self.child.returncode}: see its lines above")


def data_dir() -> Path:
    """The data folder that the person has chosen, `.local` by default."""
    return Path(os.environ.get("LOCAL_DATA_DIR") or ".local")


def port_from_environment(name: str, default: int) -> int:
    """A port the person may choose. Raises StackError when it is no port or is taken."""
    written = os.environ.get(name) or str(default)
    if not (written.isascii() and written.isdigit()) or not 1 <= int(written) <= 65535:
        raise StackError(f"{name} must be a number from 1 to 65535, for example {name}={default}")
    port = int(written)
    if not is_free(port):
        raise StackError(
            f"port {port} on {LOOPBACK} is taken by another program: choose another, for example {name}={port + 1}"
        )
    return port


@contextlib.contextmanager
def running(programs: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> Iterator[list[Program]]:
    """Start each command with the project as its working folder; at the end ask all to stop, wait, then insist."""
    started: list[Program] = []
    try:
        for name, command in programs.items():
            child = subprocess.Popen(
                tied_command(command, signal.SIGTERM, None),
                cwd=PROJECT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            started.append(Program(name, child))
        yield started
    finally:
        end(started)


def end(programs: Sequence[Program]) -> None:
    """Stop all programs, and what they started, together within END_SECONDS.

    `dagster dev` dies of SIGTERM without a word to its web server and its daemon, so the whole process group is asked.
    """
    for program in programs:
        signal_group(program, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    for program in programs:
        while (program.child.poll() is None or group_lives(program)) and time.monotonic() < deadline:
            time.sleep(0.05)
    for program in programs:
        signal_group(program, signal.SIGKILL)
        program.child.wait(timeout=5)


def signal_group(program: Program, number: signal.Signals) -> None:
    """Signal a program and everything in its process group; it leads one of its own and may have ended before them."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.child.pid, number)


def group_lives(program: Program) -> bool:
    """Whether anything of a program's process group still runs. An ended process that nobody collected does not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(group) == program.child.pid and state not in "ZX":
                return True
    return False


def watch(stack: EmbeddedStack, programs: Sequence[Program]) -> None:
    """Block until Ctrl-C. Raises StackError as soon as a program or a service ends by itself."""

    def check() -> bool:
        for program in programs:
            program.ensure_running()
        return False

    stack.watch(until=check)


def report(error: StackError) -> int:
    """Say why in one line, and the exit code that goes with it."""
    print(f"{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
    return 1
