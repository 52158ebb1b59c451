"""A service that is killed under load has kept everything it acknowledged."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.running_service import Person, Service

pytestmark = pytest.mark.slow

WRITERS = 8
START_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(service: Service, port: int) -> subprocess.Popen[bytes]:
    """The API as a process of its own, with the settings of the running service."""
    settings = service.settings
    environment = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "GCP_PROJECT_ID": "test",
        "ENABLE_CLOUD_STORAGE": "false",
        "AUTH_TOKEN_SECRET": settings.auth_token_secret.get_secret_value() if settings.auth_token_secret else "",
        "LINK_SIGNING_KEY": settings.link_signing_key.get_secret_value(),
        "PORT": str(port),
        "LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-m", "cli.main", "serve"], env=environment)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False, timeout=5).status_code == 200:
                return process
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError("the service did not start")


def test_kill_keeps_every_acknowledged_report(service: Service, person: Person) -> None:
    resumes = [person.add_resume() for _ in range(WRITERS)]
    port = free_port()
    process = start(service, port)
    killed = threading.Event()
    acknowledged: list[tuple[str, datetime]] = []
    base = datetime.now(UTC) - timedelta(days=100)

    def write(number: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as client:
            for step in range(400):
                moment = base + timedelta(minutes=step)
                try:
                    answer = client.post(
                        f"/api/resume/{resumes[number]}/report-outcome",
                        json={"interviewReceivedAt": moment.isoformat()},
                        headers=person.headers,
                    )
                except httpx.TransportError:
                    if killed.is_set():
                        return
                    continue
                if answer.status_code == 200:
                    acknowledged.append((resumes[number], moment))

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        deadline = time.monotonic() + 20
        while len(acknowledged) < 60 and time.monotonic() < deadline:
            time.sleep(0.05)
        killed.set()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        for writer in writers:
            writer.result(timeout=30)
    assert len(acknowledged) >= 60
    stored = set(
        service.rows(
            "select e.resume_id::text, e.occurred_at from cvstomize.outcome_events e"
            " join cvstomize.resumes r on r.id = e.resume_id where r.user_id = %s",
            person.user_id,
        )
    )
    assert set(acknowledged) <= stored
