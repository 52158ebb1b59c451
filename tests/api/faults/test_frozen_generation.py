"""The database freezes while a resume is being written: 503 in time, and a retry that need not wait for the lease."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.support.child_service import child_service
from tests.support.private_postgres import PrivatePostgres
from tests.support.samples import AD, DOCUMENT
from tests.support.waiting_model import WaitingModel, waiting_model

pytestmark = pytest.mark.slow

WITHIN_SECONDS = 5.0
KEY = {"Idempotency-Key": "frozen-1"}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    with suppress(Exception):
        server.stop()


@pytest.fixture
def model() -> Iterator[WaitingModel]:
    with waiting_model() as waiting:
        yield waiting


def test_a_generation_in_flight_when_the_database_freezes(
    server: PrivatePostgres, model: WaitingModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = {"VERTEX_MODEL": "gemini-2.5-flash", "VERTEX_BASE_URL": model.url, "VERTEX_PROJECT": "test"}
    body = {"jobDescription": AD}
    with child_service(server.database(), tmp_path_factory.mktemp("service"), **settings) as service:
        account = {"email": "ada@example.com", "password": "correct horse battery"}
        token = service.client().post("/api/auth/register", json=account).json()["accessToken"]
        person = service.client(token)
        assert person.put("/api/profile", json=DOCUMENT).status_code == 200
        with ThreadPoolExecutor(2) as pool:
            in_flight = pool.submit(person.post, "/api/resume/generate", json=body, headers=KEY)
            assert model.asked.wait(20), "the model was not asked"
            with server.frozen():
                frozen = time.monotonic()
                beside = pool.submit(service.client(token).get, "/api/resume")
                model.may_answer.set()
                answers = [in_flight.result(timeout=20), beside.result(timeout=20)]
                took = time.monotonic() - frozen
        assert [answer.status_code for answer in answers] == [503, 503], answers[0].text
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        assert took < WITHIN_SECONDS

        # A client that does what it was told: it comes back until the key is free, and one resume is there.
        deadline = time.monotonic() + 30
        while (again := person.post("/api/resume/generate", json=body, headers=KEY)).status_code != 201:
            assert again.status_code in {409, 503}, again.text
            assert time.monotonic() < deadline, again.text
            time.sleep(min(1.0, float(again.headers["retry-after"])))
        listed = person.get("/api/resume").json()["items"]
        assert [resume["id"] for resume in listed] == [again.json()["id"]]
