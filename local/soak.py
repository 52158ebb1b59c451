"""`make soak`: people walk through the API for MINUTES (10 by default); memory and open files must stay flat.

Each round a sample person imports, answers, generates, downloads, shares and reports. Memory and open files of the
service and all its children are read after every round. The first quarter of the rounds is warming up; after that
neither may grow by more than the limits below, and no answer may be an error. The last line is one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from local.demo.inputs import SAMPLES, DemoInputs, load_inputs
from local.demo.services import api_running
from local.demo.walk import Walker, WalkError
from local.stack import EmbeddedStack
from local.stack.ports import free_port

MAX_MEMORY_GROWTH = 1.10
MAX_FILE_GROWTH = 1.10
MIN_ROUNDS = 8
MAX_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Sample:
    """The service and its children after a round: bytes (shared pages counted once) and open files."""

    memory: int
    files: int


def take_sample(root: psutil.Process) -> Sample:
    """Read the processes as they are; one that ends meanwhile counts nothing."""
    memory = files = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            memory += process.memory_full_info().pss
            files += process.num_fds()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return Sample(memory, files)


def growth(values: list[int]) -> float:
    """How the median of the last quarter compares with that of the second quarter; the first is warming up."""
    quarter = max(1, len(values) // 4)
    return statistics.median(values[-quarter:]) / statistics.median(values[quarter : 2 * quarter])


def walk_once(base_url: str, inputs: DemoInputs, folder: Path, number: int) -> None:
    """One person, new in each round, with one ad. Raises WalkError."""
    person = inputs.people[number % len(inputs.people)]
    newcomer = replace(person, name=f"{person.name}-{number}")
    Walker(base_url, newcomer, folder, number).walk((inputs.jobs[number % len(inputs.jobs)],), lambda _: None)


def soak(minutes: float) -> tuple[list[Sample], list[str]]:
    """Walk people until the time is up; the samples, and the errors in the API's own words."""
    inputs = load_inputs(SAMPLES)
    samples: list[Sample] = []
    errors: list[str] = []
    with EmbeddedStack(ephemeral=True, bigquery=False) as stack, tempfile.TemporaryDirectory() as folder:
        stack.prepare()
        port = free_port()
        environment = stack.environment() | {"RATE_LIMIT_SCALE": "0"}
        with api_running(environment, port) as base_url, progress_bar() as progress:
            service = service_process(port)
            task = progress.add_task("people at the API", total=minutes * 60)
            started = time.monotonic()
            while (elapsed := time.monotonic() - started) < minutes * 60 or len(samples) < MIN_ROUNDS:
                try:
                    walk_once(base_url, inputs, Path(folder), len(samples))
                except WalkError as error:
                    errors.append(str(error))
                samples.append(take_sample(service))
                progress.update(task, completed=elapsed, description=f"{len(samples)} people, {len(errors)} errors")
    return samples, errors


def service_process(port: int) -> psutil.Process:
    """The process that listens on the port: the service itself, whatever started it."""
    for process in psutil.Process().children(recursive=True):
        try:
            if any(connection.laddr.port == port for connection in process.net_connections("tcp") if connection.laddr):
                return process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    raise RuntimeError(f"nothing listens on port {port}")


def progress_bar() -> Progress:
    """Time gone of the time given."""
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())


def main() -> int:
    """Soak and judge. Exit code 1 when something grew or failed, 2 when MINUTES is no number of minutes."""
    text = os.environ.get("MINUTES") or "10"
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 < minutes <= MAX_MINUTES:
        print(f"MINUTES must be a number up to {MAX_MINUTES}, for example MINUTES=10", file=sys.stderr)
        return 2
    samples, errors = soak(minutes)
    memory_growth, file_growth = growth([entry.memory for entry in samples]), growth([entry.files for entry in samples])
    for error in errors[:10]:
        print(error, file=sys.stderr)
    figures = {
        "people": len(samples),
        "errors": len(errors),
        "memory_mb": round(samples[-1].memory / 2**20),
        "memory_growth": round(memory_growth, 3),
        "open_files": samples[-1].files,
        "file_growth": round(file_growth, 3),
    }
    print(json.dumps(figures))
    return 1 if errors or memory_growth > MAX_MEMORY_GROWTH or file_growth > MAX_FILE_GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
