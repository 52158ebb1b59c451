"""A service that is killed under load has kept everything it acknowledged."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.support.child_service import ChildService, child_service
from tests.support.running_service import Person, Service

pytestmark = pytest.mark.slow

WRITERS = 8


def test_kill_keeps_every_acknowledged_report(service: Service, person: Person, tmp_path: Path) -> None:
    resumes = [person.add_resume() for _ in range(WRITERS)]
    with child_service(service.database, tmp_path) as child:
        acknowledged = reports_before_the_kill(child, person, resumes)
    assert len(acknowledged) >= 60
    stored = set(
        service.rows(
            "select e.resume_id::text, e.occurred_at from cvstomize.outcome_events e"
            " join cvstomize.resumes r on r.id = e.resume_id where r.user_id = %s",
            person.user_id,
        )
    )
    assert set(acknowledged) <= stored


def reports_before_the_kill(child: ChildService, person: Person, resumes: list[str]) -> list[tuple[str, datetime]]:
    """Report from several clients at once, kill the service meanwhile, and return what it acknowledged."""
    killed = threading.Event()
    acknowledged: list[tuple[str, datetime]] = []
    base = datetime.now(UTC) - timedelta(days=100)

    def write(number: int) -> None:
        with child.client() as client:
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
        child.process.kill()
        child.process.wait(timeout=10)
        for writer in writers:
            writer.result(timeout=30)
    return acknowledged
