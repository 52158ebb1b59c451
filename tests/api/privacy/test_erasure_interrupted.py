"""An erasure that is killed, and requests that are at work while it runs: nothing stays and nothing comes back."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.api.privacy.test_erasure import lived_in, work
from tests.support.databases import Database
from tests.support.residue_scan import scan_postgres
from tests.support.running_service import Person, Service, running_service
from tests.support.samples import AD, DOCUMENT
from tests.support.service_settings import eraser_settings
from tests.support.waiting_model import WaitingModel, waiting_model

pytestmark = pytest.mark.slow

WAITING = "select count(*) from pg_stat_activity where datname = %s and wait_event_type = 'Lock'"


def finish(service: Service) -> None:
    """Worker rounds until the deletion and the sweep are done, also when one fails on a busy machine."""
    for minutes in (5, 10, 20, 40):
        with service.clock.moved(minutes=minutes):
            work(service)


def status(service: Service, receipt: str) -> str:
    with service.client() as anybody:
        return str(anybody.get(f"/api/erasures/{receipt}").json()["status"])


def nobody_is_left(service: Service, person: Person) -> None:
    with service.database.connect() as connection:
        found = scan_postgres(connection, {"user": person.user_id, "mail": person.email})
    assert {place for _, place in found} <= {"cvstomize.erasure_requests"}, found


@contextlib.contextmanager
def held_row(service: Service, statement: str, value: str) -> Iterator[Callable[[], bool]]:
    """A lock on a row; says whether somebody waits for one."""
    with service.database.connect() as connection:
        connection.execute(statement, [value])  # type: ignore[arg-type]
        yield lambda: service.rows(WAITING, service.database.name) != [(0,)]


@contextlib.contextmanager
def silent_storage() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Something that takes a connection and never answers; says whether one came."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.05)
        taken: list[socket.socket] = []

        def came() -> bool:
            with contextlib.suppress(TimeoutError):
                taken.append(listener.accept()[0])
            return bool(taken)

        yield f"http://127.0.0.1:{listener.getsockname()[1]}", came
        for connection in taken:
            connection.close()


def kill_erasure_when(service: Service, reached: Callable[[], bool], **settings: str) -> None:
    """Run `cvstomize erase` and kill it when it has come to a point."""
    database = service.database
    # The lease of a killed worker runs out after two minutes; a test need not wait for it.
    with database.connect() as connection:
        connection.execute(
            "update cvstomize.outbox set available_at = now() - interval '1 minute' where done_at is null"
        )
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "erase"],
        env=eraser_settings(service) | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 40
        while not reached():
            assert process.poll() is None, "the erasure ended before it came to the point"
            assert time.monotonic() < deadline, "the erasure did not come to the point"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)


def test_an_erasure_killed_at_every_step_is_finished_by_the_next(stored_service: Service) -> None:
    service = stored_service
    person, token = lived_in(service)
    with service.client() as visitor:
        assert visitor.get(f"/r/{token}/resume.pdf").status_code == 200
    receipt = person.delete("/api/me").json()["receipt"]
    with silent_storage() as (address, came):
        kill_erasure_when(service, came, STORAGE_EMULATOR_HOST=address)
    with held_row(service, "select from cvstomize.users where id = %s for update", person.user_id) as waited_for:
        kill_erasure_when(service, waited_for)
    assert service.rows("select count(*) from cvstomize.users where id = %s", person.user_id) == [(1,)]
    lock = "select from cvstomize.erasure_requests where user_id = %s for update"
    with held_row(service, lock, person.user_id) as waited_for:
        kill_erasure_when(service, waited_for)
    assert service.rows("select count(*) from cvstomize.users where id = %s", person.user_id) == [(0,)]
    assert status(service, receipt) == "requested"
    finish(service)
    assert status(service, receipt) == "operational_erased"
    nobody_is_left(service, person)


@pytest.fixture
def model() -> Iterator[WaitingModel]:
    with waiting_model() as waiting:
        yield waiting


@pytest.fixture
def modelled(database: Database, model: WaitingModel) -> Iterator[Service]:
    with running_service(database, vertex_model="gemini-2.5-flash", vertex_base_url=model.url) as running:
        yield running


@pytest.mark.parametrize(
    ("key", "rows_gone"), [(None, False), ("in-flight", True)], ids=["access ended", "rows gone, with a key"]
)
def test_a_resume_that_is_being_written_does_not_come_back(
    modelled: Service, model: WaitingModel, key: str | None, *, rows_gone: bool
) -> None:
    person = modelled.person()
    assert person.put("/api/profile", json=DOCUMENT).status_code == 200
    answers: list[httpx.Response] = []
    headers = {"Idempotency-Key": key} if key else {}

    def generate() -> None:
        answers.append(person.post("/api/resume/generate", json={"jobDescription": AD}, headers=headers))

    thread = threading.Thread(target=generate)
    thread.start()
    assert model.asked.wait(20), "the model was not asked"
    with modelled.client(headers=person.headers) as another:
        receipt = another.delete("/api/me").json()["receipt"]
    if rows_gone:
        work(modelled)
        assert status(modelled, receipt) == "operational_erased"
    model.may_answer.set()
    thread.join(30)
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "deleted_meanwhile")]
    assert modelled.rows("select count(*) from cvstomize.resumes where user_id = %s", person.user_id) == [(0,)]
    finish(modelled)
    nobody_is_left(modelled, person)


def test_busy_people_who_leave_get_clear_answers(service: Service) -> None:
    """Every kind of writing at once with the erasure: no 500, and nothing afterwards."""
    person, _ = lived_in(service)
    [resume] = person.get("/api/resume").json()["items"]
    path = f"/api/resume/{resume['id']}"
    calls: list[tuple[str, str, Any]] = [
        ("PUT", "/api/profile", DOCUMENT),
        ("POST", "/api/conversation", {"language": "en"}),
        ("PUT", "/api/consents", {"consents": [{"purpose": "training", "granted": False}]}),
        ("POST", "/api/job/analyze", {"jobDescription": AD}),
        ("POST", f"{path}/share", {}),
        ("PUT", path, {"title": "Another"}),
        ("POST", f"{path}/report-outcome", {"noAnswerYet": True}),
        ("GET", "/api/privacy/export", None),
    ]
    statuses: set[int] = set()
    stop = threading.Event()

    def busy(method: str, address: str, body: Any) -> None:
        with service.client(headers=person.headers) as client:
            while not stop.is_set():
                statuses.add(client.request(method, address, json=body).status_code)

    threads = [threading.Thread(target=busy, args=call) for call in calls]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    with service.client(headers=person.headers) as client:
        while (answer := client.delete("/api/me")).status_code == 503:
            time.sleep(0.1)
    assert answer.status_code == 202
    finish(service)
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert 401 in statuses
    assert not {code for code in statuses if code >= 500} - {503}, statuses
    finish(service)
    nobody_is_left(service, person)
