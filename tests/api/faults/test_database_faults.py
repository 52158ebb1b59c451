"""The database stopped, restarted, broken and frozen under load: quick refusals, quick recovery, nothing lost."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.child_service import ChildService, child_service
from tests.support.databases import Database
from tests.support.private_postgres import PrivatePostgres
from tests.support.running_service import Person

pytestmark = pytest.mark.slow

WRITERS = 6
WITHIN_SECONDS = 5.0
STOPPED_SECONDS = 3.0
FROZEN_SECONDS = 6.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    try:
        yield server
    finally:
        with suppress(Exception):
            server.stop()


@pytest.fixture(scope="module")
def database(server: PrivatePostgres) -> Database:
    return server.database()


@pytest.fixture(scope="module")
def service(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChildService]:
    with child_service(database, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def person(service: ChildService, database: Database) -> Person:
    client = service.client()
    answer = client.post("/api/auth/register", json={"email": "ada@example.com", "password": "correct horse battery"})
    token = answer.json()["accessToken"]
    me = service.client(token).get("/api/me").json()
    return Person(service.client(token), "ada@example.com", token, me["id"], database)


@dataclass
class Load:
    """What people who report without pause have seen: (when it ended, how long it took, status)."""

    answers: list[tuple[float, float, int]] = field(default_factory=list)
    acknowledged: list[tuple[str, datetime]] = field(default_factory=list)
    without_retry_after: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def recovered(self, healed: float) -> bool:
        """Wait until several answers in a row are good again."""
        while time.monotonic() < healed + WITHIN_SECONDS:
            last = self.answers[-3 * WRITERS :]
            if last[0][0] > healed and {status for _, _, status in last} == {200}:
                return True
            time.sleep(0.05)
        return False

    def report(self, service: ChildService, token: str, resume_id: str) -> None:
        base = datetime.now(UTC) - timedelta(days=100)
        with service.client(token) as client:
            for step in range(100_000):
                if self.over.is_set():
                    return
                moment = base + timedelta(seconds=step)
                begun = time.monotonic()
                try:
                    answer = client.post(
                        f"/api/resume/{resume_id}/report-outcome", json={"interviewReceivedAt": moment.isoformat()}
                    )
                except httpx.TransportError:
                    self.answers.append((time.monotonic(), time.monotonic() - begun, 0))
                    continue
                self.answers.append((time.monotonic(), time.monotonic() - begun, answer.status_code))
                if answer.status_code == 200:
                    self.acknowledged.append((resume_id, moment))
                elif answer.status_code == 503:
                    self.without_retry_after += "retry-after" not in answer.headers
                    time.sleep(0.1)


def stop_and_start(server: PrivatePostgres) -> None:
    server.stop()
    time.sleep(STOPPED_SECONDS)
    server.start()


def freeze(server: PrivatePostgres) -> None:
    with server.frozen():
        time.sleep(FROZEN_SECONDS)


def crash(server: PrivatePostgres) -> None:
    server.crash_a_session()


@pytest.mark.parametrize("fault", [stop_and_start, freeze, crash], ids=lambda fault: fault.__name__)
def test_a_fault_under_load(
    server: PrivatePostgres,
    service: ChildService,
    person: Person,
    database: Database,
    fault: Callable[[PrivatePostgres], None],
) -> None:
    resumes = [person.add_resume() for _ in range(WRITERS)]
    load = Load()
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(load.report, service, person.token, resume) for resume in resumes]
        try:
            time.sleep(1)
            fault(server)
            healed = time.monotonic()
            recovered = load.recovered(healed)
            time.sleep(0.5)
        finally:
            load.over.set()
        for writer in writers:
            writer.result(timeout=30)

    statuses = {status for _, _, status in load.answers}
    assert statuses <= {200, 503}, f"something else than done or come back: {statuses}"
    assert load.without_retry_after == 0
    assert max(took for _, took, _ in load.answers) < WITHIN_SECONDS
    assert recovered, "it has not recovered in time"
    late = {status for ended, took, status in load.answers if ended - took > healed + WITHIN_SECONDS}
    assert late <= {200}
    with database.connect() as connection:
        rows = connection.execute(
            "select resume_id::text, occurred_at from cvstomize.outcome_events where resume_id::text = any(%s)",
            [resumes],
        ).fetchall()
    assert set(load.acknowledged) <= set(rows), "an acknowledged report is lost"
    assert len(load.acknowledged) > WRITERS


def test_dropped_clients_with_slow_queries_do_not_exhaust_the_pool(
    service: ChildService, person: Person, database: Database
) -> None:
    resume_id = person.add_resume()
    with database.connect() as holder:
        holder.execute("lock table cvstomize.resumes in access exclusive mode")
        with ThreadPoolExecutor(6) as pool:
            for dropped in [pool.submit(ask_and_leave, service, person.token, resume_id) for _ in range(6)]:
                dropped.result(timeout=10)
        time.sleep(0.5)
        begun = time.monotonic()
        assert service.client(person.token).get("/api/me").status_code == 200
        assert time.monotonic() - begun < 1.0
        holder.rollback()
    assert service.client(person.token).get(f"/api/resume/{resume_id}").status_code == 200


def ask_and_leave(service: ChildService, token: str, resume_id: str) -> None:
    with pytest.raises(httpx.ReadTimeout), service.client(token) as client:
        client.get(f"/api/resume/{resume_id}", timeout=httpx.Timeout(5, read=0.5))
