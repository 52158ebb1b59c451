"""Limits per address and per account, in one process and across two, with the time to wait."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest

from api.db.database import Database
from api.edges.counters import CLEANING_EVERY, ProcessCounters, SharedCounters
from api.edges.limits import COSTLY, EVERY_REQUEST
from api.routes import ROUTERS
from tests.support.databases import Database as MigratedDatabase
from tests.support.running_service import Service, running_service

SCALE = 0.05  # 6 sign-ups, 3 sign-ins, 1 generation a minute; 150 requests an account, 600 an address
SIGN_INS = 3
LOGIN = {"email": "nobody@example.com", "password": "not the password"}


@pytest.fixture(scope="module")
def service(database: MigratedDatabase) -> Iterator[Service]:
    with running_service(database, rate_limit_scale=SCALE, trusted_proxy_hops=1) as running:
        yield running


@pytest.fixture(scope="module")
def other_worker(database: MigratedDatabase) -> Iterator[Service]:
    with running_service(database, rate_limit_scale=SCALE, trusted_proxy_hops=1) as running:
        yield running


def sign_in(service: Service, address: str) -> httpx.Response:
    with service.client() as client:
        return client.post("/api/auth/login", json=LOGIN, headers={"X-Forwarded-For": address})


def assert_refused(answer: httpx.Response, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (429, code)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["content-type"] == "application/problem+json"


def test_costly_requests_are_counted_across_workers(service: Service, other_worker: Service) -> None:
    workers = [service, other_worker, service, other_worker, service]
    answers = [sign_in(worker, "203.0.113.1") for worker in workers]
    assert [answer.status_code for answer in answers] == [401] * SIGN_INS + [429] * 2
    assert_refused(answers[-1], "too_many_requests_per_address")


def test_an_address_cannot_be_made_up(service: Service) -> None:
    """Only the last entry is the proxy's word; what stands left of it is the client's."""
    answers = [sign_in(service, f"198.51.100.{number}, 203.0.113.2") for number in range(SIGN_INS + 1)]
    assert answers[-1].status_code == 429
    assert sign_in(service, "203.0.113.2, 203.0.113.3").status_code == 401


def test_one_ipv6_household_is_one_caller(service: Service) -> None:
    answers = [sign_in(service, f"2001:db8:7:7::{number:x}") for number in range(SIGN_INS + 1)]
    assert answers[-1].status_code == 429


def test_an_account_is_limited_wherever_it_comes_from(service: Service, other_worker: Service) -> None:
    with service.client() as client:
        body = {"email": "ada@example.com", "password": "correct horse battery"}
        headers = {"X-Forwarded-For": "203.0.113.40"}
        token = client.post("/api/auth/register", json=body, headers=headers).json()["accessToken"]
    statuses = []
    for number, worker in enumerate((service, other_worker)):
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": f"203.0.113.{50 + number}"}
        with worker.client(headers=headers) as client:
            answer = client.get("/api/privacy/export")
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert_refused(answer, "too_many_requests_per_account")
                assert client.get("/api/me").status_code == 200  # other requests go on
    assert statuses == [200, 429]


def test_a_flood_from_one_address_is_refused_before_it_is_read(service: Service) -> None:
    allowed = round(EVERY_REQUEST["address"].amount * SCALE)
    with service.client(headers={"X-Forwarded-For": "203.0.113.99"}) as client:
        answers = [client.get("/nowhere") for _ in range(allowed + 1)]
        assert answers[-2].status_code == 404
        assert_refused(answers[-1], "too_many_requests_per_address")
        assert client.get("/health").status_code == 200  # the platform's probes are never refused
    with service.client(headers={"X-Forwarded-For": "203.0.113.98"}) as client:
        assert client.get("/nowhere").status_code == 404


def test_the_table_names_nobody(service: Service) -> None:
    sign_in(service, "203.0.113.77")
    keys = " ".join(key for (key,) in service.rows("select key from cvstomize.request_counters"))
    assert keys
    assert "203.0.113" not in keys
    assert "login" not in keys


def test_windows_end(service: Service) -> None:
    for _ in range(SIGN_INS + 1):
        sign_in(service, "203.0.113.5")
    with service.database.connect() as connection:
        connection.execute("update cvstomize.request_counters set expires_at = now() - interval '1 second'")
    assert sign_in(service, "203.0.113.5").status_code == 401


def test_windows_that_are_over_are_swept(service: Service) -> None:
    with service.database.connect() as connection:
        connection.execute(
            "insert into cvstomize.request_counters select 'old-' || n, 1, now() - interval '1 hour'"
            " from generate_series(1, 10) n"
        )
    asyncio.run(count_until_swept(service.database.app_url))
    assert service.rows("select count(*) from cvstomize.request_counters where key like 'old-%%'") == [(0,)]


async def count_until_swept(url: str) -> None:
    database = Database(url, pool_size=1)
    counters = SharedCounters(database)
    assert [await counters.incr("swept", 60) for _ in range(CLEANING_EVERY)][-1] == CLEANING_EVERY
    await database.close()


def test_costly_routes_exist() -> None:
    """A renamed route must not lose its limit."""
    routes = {(method, route.path) for router in ROUTERS for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    assert {(method, path) for _, method, path in COSTLY} <= routes


def test_counters_of_a_process_are_bounded() -> None:
    asyncio.run(count_past_the_bound())


async def count_past_the_bound() -> None:
    counters = ProcessCounters(maximum=3)
    for key in ("a", "b", "c", "a", "d"):
        await counters.incr(key, 60)
    assert [await counters.get(key) for key in "abcd"] == [2, 0, 1, 1]
    assert await counters.get_expiry("a") > time.time()
    await counters.incr("e", 0)
    assert await counters.get("e") == 0
