"""SIGTERM: readiness goes at once, requests at work finish or are told when to come back, and the hooks run."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.support.child_service import ChildService, child_service
from tests.support.databases import Database
from tests.support.running_service import Person

pytestmark = pytest.mark.slow

AD = "Senior Backend Engineer. Requirements: Python, PostgreSQL."
KEY = {"Idempotency-Key": "one-key-for-both"}
PROFILE = {"basics": {"name": "Ada Example", "email": "ada@example.com"}, "work": [{"name": "Example Works"}]}


@pytest.fixture
def service(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChildService]:
    with child_service(database, tmp_path_factory.mktemp("service")) as running:
        yield running


def somebody(service: ChildService, database: Database) -> Person:
    client = service.client()
    body = {"email": f"{time.monotonic_ns()}@example.com", "password": "correct horse battery"}
    token = client.post("/api/auth/register", json=body).json()["accessToken"]
    me = service.client(token).get("/api/me").json()
    return Person(service.client(token), body["email"], token, me["id"], database)


def block(database: Database, table: str) -> psycopg.Connection:
    """Hold a table, so that requests which need it are at work until it is given back."""
    connection = database.connect()
    connection.execute(f"lock table cvstomize.{table} in access exclusive mode")  # type: ignore[arg-type]
    return connection


def wait_for_exit(service: ChildService, seconds: float) -> float:
    begun = time.monotonic()
    service.process.wait(timeout=seconds)
    return time.monotonic() - begun


def test_requests_at_work_finish_and_new_ones_are_refused(service: ChildService, database: Database) -> None:
    person = somebody(service, database)
    resume_id = person.add_resume()
    holder = block(database, "resumes")
    kept = service.client(person.token)
    assert kept.get("/health").status_code == 200  # a connection from before
    with ThreadPoolExecutor(1) as pool:
        at_work: Future[httpx.Response] = pool.submit(service.client(person.token).get, f"/api/resume/{resume_id}")
        time.sleep(0.5)
        service.terminate()
        time.sleep(0.2)
        ready = service.client().get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
        assert service.client().get("/health").status_code == 200
        refused = kept.get("/api/me")
        assert (refused.status_code, refused.json()["code"]) == (503, "stopping")
        assert int(refused.headers["retry-after"]) > 0
        holder.rollback()
        assert at_work.result(timeout=5).status_code == 200
    assert wait_for_exit(service, 3) < 3
    assert '"draining"' in service.output.read_text()


def test_without_requests_it_stops_at_once(service: ChildService) -> None:
    service.terminate()
    assert wait_for_exit(service, 3) < 3


class StuckModel:
    """Stands in for the model at the HTTP level and never answers, so that a generation is long at work."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"


def test_past_seven_seconds_the_answer_is_503_and_the_key_is_free(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = StuckModel()
    settings = {"VERTEX_MODEL": "gemini-2.5-flash", "VERTEX_BASE_URL": model.url, "VERTEX_PROJECT": "test"}
    body = {"jobDescription": AD}
    with child_service(database, tmp_path_factory.mktemp("stuck"), **settings) as service:
        person = somebody(service, database)
        assert person.put("/api/profile", json=PROFILE).status_code == 200
        with ThreadPoolExecutor(1) as pool:
            generate = pool.submit(service.client(person.token).post, "/api/resume/generate", json=body, headers=KEY)
            time.sleep(1.5)
            assert not generate.done(), generate.result().text
            begun = time.monotonic()
            service.terminate()
            cut_off = generate.result(timeout=10)
            assert 6.5 < time.monotonic() - begun < 9
        assert (cut_off.status_code, cut_off.json()["code"]) == (503, "stopping")
        assert int(cut_off.headers["retry-after"]) > 0
        wait_for_exit(service, 3)
        assert time.monotonic() - begun < 10
    with child_service(database, tmp_path_factory.mktemp("next")) as service:
        again = service.client(person.token).post("/api/resume/generate", json=body, headers=KEY)
        assert again.status_code == 201, again.text
