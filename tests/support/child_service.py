"""The API as a process of its own, to be killed, stopped, and listened to."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.stack.ports import free_port
from tests.support.databases import Database
from tests.support.service_settings import least_settings

START_SECONDS = 30.0


@dataclass
class ChildService:
    """A running `cvstomize serve`; `output` is what it wrote."""

    base_url: str
    process: subprocess.Popen[bytes]
    output: Path

    def client(self, token: str | None = None, **options: object) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Plain HTTP on loopback: without `verify=False` each client would read every certificate authority first.
        return httpx.Client(
            base_url=self.base_url,
            headers=headers,
            trust_env=False,
            verify=False,
            timeout=20,
            **options,  # type: ignore[arg-type]
        )

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def child_service(database: Database, folder: Path, **settings: str) -> Iterator[ChildService]:
    """Start the service and wait until it is alive; ended at the latest with the block."""
    port = free_port()
    environment = least_settings(database) | {
        "PORT": str(port),
        "RATE_LIMIT_SCALE": "0",
        "LOG_LEVEL": "info",
        **settings,
    }
    output = folder / f"service-{port}.log"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "serve", "--host", "127.0.0.1"],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    service = ChildService(f"http://127.0.0.1:{port}", process, output)
    try:
        wait_until_alive(service)
        yield service
    finally:
        process.kill()
        process.wait(timeout=10)


def wait_until_alive(service: ChildService) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and service.process.poll() is None:
        try:
            alive = httpx.get(f"{service.base_url}/health", trust_env=False, verify=False, timeout=5)
            if alive.status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the service did not start: {service.output.read_text()[-1000:]}")
