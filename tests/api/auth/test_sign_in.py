"""Signing in with a password: guesses are counted for all workers, and no answer tells who has an account."""

import secrets
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api.auth.attempts import MAX_ATTEMPTS
from tests.support.databases import Database
from tests.support.running_service import Service, running_service

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def workers(database: Database) -> Iterator[tuple[Service, Service]]:
    """Two workers on one database. Only guesses at one address are limited here, not requests."""
    with running_service(database, rate_limit_scale=0) as one, running_service(database, rate_limit_scale=0) as two:
        yield one, two


def guess(service: Service, email: str, password: str = "wrong") -> httpx.Response:
    with service.client() as client:
        return client.post("/api/auth/login", json={"email": email, "password": password})


def comparable(answer: httpx.Response) -> tuple[object, ...]:
    body = {**answer.json(), "instance": ""}
    changing = {"x-request-id", "server-timing", "date"}
    return answer.status_code, body, {name: value for name, value in answer.headers.items() if name not in changing}


@pytest.mark.parametrize("known", [True, False])
def test_guesses_at_once_on_two_workers_are_counted_together(workers: tuple[Service, Service], *, known: bool) -> None:
    email = workers[0].person().email if known else f"{secrets.token_hex(6)}@example.com"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: guess(workers[number % 2], email), range(30)))
    statuses = [answer.status_code for answer in answers if answer.status_code != 503]
    assert statuses.count(401) <= MAX_ATTEMPTS
    assert set(statuses) == {401, 429}
    refused = guess(workers[1], email.upper(), PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"


def test_answers_of_known_and_unknown_addresses_are_the_same(workers: tuple[Service, Service]) -> None:
    known, unknown = workers[0].person().email, f"{secrets.token_hex(6)}@example.com"
    for _ in range(MAX_ATTEMPTS + 2):
        assert comparable(guess(workers[0], known)) == comparable(guess(workers[0], unknown))


def test_a_good_sign_in_begins_the_count_anew(workers: tuple[Service, Service]) -> None:
    email = workers[0].person().email
    for _ in range(3):
        for _ in range(MAX_ATTEMPTS - 1):
            assert guess(workers[0], email).status_code == 401
        assert guess(workers[1], email, PASSWORD).status_code == 200


def test_an_ended_account_looks_like_none(workers: tuple[Service, Service]) -> None:
    person = workers[0].person()
    assert person.delete("/api/me").status_code == 202
    unknown = guess(workers[0], f"{secrets.token_hex(6)}@example.com", PASSWORD)
    assert comparable(guess(workers[0], person.email, PASSWORD)) == comparable(unknown)


def test_known_and_unknown_addresses_take_the_same_time(workers: tuple[Service, Service]) -> None:
    people = [workers[0].person().email for _ in range(5)]
    strangers = [f"{secrets.token_hex(6)}@example.com" for _ in range(5)]

    def seconds(email: str) -> float:
        started = time.perf_counter()
        assert guess(workers[0], email).status_code == 401
        return time.perf_counter() - started

    # In turns, so that a busy machine slows both alike.
    turns = list(zip(people, strangers, strict=True)) * 6
    pairs = [(seconds(known), seconds(unknown)) for known, unknown in turns]
    known, unknown = (statistics.median(values) for values in zip(*pairs, strict=True))
    assert 0.6 < known / unknown < 1.67


def test_the_table_of_guesses_names_nobody(workers: tuple[Service, Service]) -> None:
    email = workers[0].person().email
    guess(workers[0], email)
    rows = workers[0].rows("select t::text from cvstomize.request_counters t")
    assert rows
    assert not [row for row in rows if email in row[0]]
