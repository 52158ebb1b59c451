"""What the demo runs beside the stack: the API and the nightly job. No worker: the cohort's mail would go out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from local.foreground import PROJECT, running
from local.serve import is_ready
from local.stack import StackError
from local.stack.ports import free_port, is_free

API_START_SECONDS = 60.0
NIGHTLY_SECONDS = 900.0


@contextmanager
def api_running(environment: dict[str, str], port: int) -> Iterator[str]:
    """The API; yields the base URL once it is ready. Raises StackError."""
    base_url = f"http://127.0.0.1:{port}"
    settings = environment | {"PORT": str(port), "PUBLIC_BASE_URL": base_url, "LOG_LEVEL": "warning"}
    programs = {"the API": [sys.executable, "-m", "cli.main", "serve", "--host", "127.0.0.1"]}
    with running(programs, settings) as started, httpx.Client(base_url=base_url, trust_env=False, timeout=5) as api:
        deadline = time.monotonic() + API_START_SECONDS
        while not is_ready(api):
            for program in started:
                program.ensure_running()
            if time.monotonic() > deadline:
                raise StackError("the API did not become ready in time: see its lines above")
            time.sleep(0.1)
        yield base_url


def run_nightly(environment: dict[str, str], as_of: str, show: Callable[[str], None]) -> None:
    """Run the `nightly` job through Dagster's own runner, line by line. Raises StackError when it fails."""
    command = [sys.executable, "-m", "pipelines.run", "nightly", "--as-of", as_of]
    child = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert child.stdout is not None
    deadline = time.monotonic() + NIGHTLY_SECONDS
    lines: list[str] = []
    try:
        for line in child.stdout:
            lines = [*lines[-40:], line.rstrip()]
            show(line.rstrip())
            if time.monotonic() > deadline:
                raise StackError(f"the nightly run took more than {NIGHTLY_SECONDS:.0f} s")
        code = child.wait(timeout=30)
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait(timeout=30)
    if code != 0:
        raise StackError("the nightly run failed; its last lines:\n  " + "\n  ".join(lines))


def choose_port(wanted: int) -> int:
    """The port that was asked for when it is free, else any free one."""
    return wanted if is_free(wanted) else free_port()
