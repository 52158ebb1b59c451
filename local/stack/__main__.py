"""`python -m local.stack` runs the stack in the foreground; `python -m local.stack env` prints its settings."""

import argparse
import contextlib
import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from local.stack import EmbeddedStack, StackError
from local.stack.state import StackState


def main() -> int:
    """Run one command. Exit code 1 with one line on stderr when the stack cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["run", "env"], default="run")
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("LOCAL_DATA_DIR", ".local")))
    parser.add_argument("--ephemeral", action="store_true", help="keep nothing")
    parser.add_argument("--no-bigquery", action="store_true", help="leave the BigQuery emulator out")
    parser.add_argument("--no-storage", action="store_true", help="leave the Cloud Storage emulator out")
    parser.add_argument("--prepare", action="store_true", help="make the roles and the schema as well")
    parser.add_argument("--follow", type=int, metavar="PID", help="stop when this process ends")
    parser.add_argument("--state", type=Path, metavar="FILE", help="write the settings here as JSON once all is ready")
    options = parser.parse_args()
    try:
        if options.command == "env":
            print_environment(options.data_dir)
        else:
            run(options)
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def print_environment(data_dir: Path) -> None:
    """Print the settings of the running stack as shell lines for `eval`."""
    state = StackState.read(data_dir / "stack.json")
    if state is None or not state.environment or state.owner.find() is None:
        raise StackError(f"no stack runs on {data_dir}: start one with make serve or python -m local.stack")
    for name, value in sorted(state.environment.items()):
        print(f"export {name}={shlex.quote(value)}")


def run(options: argparse.Namespace) -> None:
    """Run the stack until Ctrl-C, SIGTERM, the end of a service, or the end of the process to follow."""
    ended = follow(options.follow) if options.follow else lambda: False
    begun = time.monotonic()
    with EmbeddedStack(
        options.data_dir,
        bigquery=not options.no_bigquery,
        storage=not options.no_storage,
        ephemeral=options.ephemeral,
    ) as stack:
        if options.prepare:
            stack.prepare()
        environment = stack.environment()
        if options.state:
            state = StackState.read(stack.data_dir / "stack.json")
            assert state is not None
            state.write(options.state)
        print(f"The stack is ready after {time.monotonic() - begun:.1f} s; its data are in {stack.data_dir}.")
        print(f"  PostgreSQL      {environment['DATABASE_URL'].rpartition('@')[2]} (make psql ROLE=analyst)")
        for name, setting in (("Cloud Storage", "STORAGE_EMULATOR_HOST"), ("BigQuery", "BIGQUERY_EMULATOR_HOST")):
            print(f"  {name:15} {environment.get(setting, 'not started')}")
        print('Settings for other programs: eval "$(python -m local.stack env)"')
        print("Ctrl-C stops it.", flush=True)
        stack.watch(until=ended)


def follow(pid: int) -> Callable[[], bool]:
    """A function that says whether the process with this pid has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return lambda: True


if __name__ == "__main__":
    sys.exit(main())
