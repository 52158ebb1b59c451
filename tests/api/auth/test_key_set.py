"""The provider's keys: a flood costs two fetches at most, an outage nothing, and only sound keys are taken."""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.auth.key_set import KeySet, KeySetError, age_allowed, read_keys
from api.auth.rules.addresses import is_safe_address
from api.errors import UnavailableError
from tests.support.identity_provider import Provider, new_key, public_jwk, running_provider

KEY, OTHER = new_key(), new_key()
START = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that only a test moves."""

    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider(KEY) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@pytest.mark.parametrize("given", [True, False])
def test_a_flood_of_unknown_ids_costs_one_fetch_and_a_known_key_passes(
    provider: Provider, clock: Clock, *, given: bool
) -> None:
    async def work() -> None:
        keys = KeySet(provider.issuer, clock, provider.address if given else None)
        for start in range(0, 1_000, 100):
            found = await asyncio.gather(*(keys.key(f"unknown-{number}") for number in range(start, start + 100)))
            assert set(found) == {None}
            assert await keys.key("first") is not None
        assert provider.key_requests <= 2
        await keys.close()

    run(work())


def test_a_new_key_is_found_after_thirty_seconds(provider: Provider, clock: Clock) -> None:
    async def work() -> None:
        keys = KeySet(provider.issuer, clock, provider.address)
        assert await keys.key("second") is None
        provider.keys["second"] = OTHER
        assert await keys.key("second") is None
        clock.now += timedelta(seconds=30)
        assert await keys.key("second") is not None
        assert provider.key_requests == 2

    run(work())


@pytest.mark.parametrize("fault", ["status", "nonsense", "empty", "huge", "deep"])
def test_an_outage_of_hours_changes_nothing(provider: Provider, clock: Clock, fault: str) -> None:
    answers = {
        "nonsense": b"<html>", "empty": b'{"keys": []}', "huge": b'{"keys": "' + b"x" * 1_000_000 + b'"}',
        "deep": b"[" * 60_000,
    }  # fmt: skip

    async def work() -> None:
        keys = KeySet(provider.issuer, clock, provider.address)
        assert await keys.key("first") is not None
        if fault == "status":
            provider.status = 503
        else:
            provider.answer = lambda: answers[fault]
        for _ in range(12):
            clock.now += timedelta(minutes=5)
            assert await keys.key("first") is not None
            assert await keys.key("unknown") is None
        provider.status, provider.answer = 200, None
        clock.now += timedelta(hours=24)
        assert await keys.key("first") is not None
        await keys.close()

    run(work())


def test_a_known_key_never_waits_for_a_slow_provider(provider: Provider, clock: Clock) -> None:
    async def work() -> None:
        keys = KeySet(provider.issuer, clock, provider.address)
        assert await keys.key("first") is not None
        provider.delay = 3
        clock.now += timedelta(hours=2)
        async with asyncio.timeout(0.5):
            assert await keys.key("first") is not None
        await keys.close()

    run(work())


def test_keys_that_were_never_read_are_an_outage_and_the_next_try_is_soon(provider: Provider, clock: Clock) -> None:
    async def work() -> None:
        provider.status = 500
        keys = KeySet(provider.issuer, clock, provider.address)
        for _ in range(20):
            with pytest.raises(UnavailableError):
                await keys.key("first")
        assert provider.key_requests == 1
        provider.status = 200
        clock.now += timedelta(seconds=2)
        assert await keys.key("first") is not None

    run(work())


def test_a_revoked_key_goes_with_the_next_document_and_no_key_outlives_a_day(provider: Provider, clock: Clock) -> None:
    async def work() -> None:
        keys = KeySet(provider.issuer, clock, provider.address)
        assert await keys.key("first") is not None
        del provider.keys["first"]
        provider.keys["second"] = OTHER
        clock.now += timedelta(seconds=30)
        assert await keys.key("second") is not None
        assert await keys.key("first") is None
        provider.status = 503
        clock.now += timedelta(hours=25)
        with pytest.raises(UnavailableError):
            await keys.key("second")

    run(work())


def test_another_issuers_discovery_document_is_refused(provider: Provider, clock: Clock) -> None:
    async def work() -> None:
        keys = KeySet(f"{provider.issuer}/", clock)
        with pytest.raises(UnavailableError):
            await keys.key("first")
        assert provider.key_requests == 0

    run(work())


@pytest.mark.parametrize(
    "entry",
    [
        public_jwk("a", KEY, use="enc"),
        public_jwk("a", KEY, alg="RS512"),
        public_jwk("a", KEY, kid=""),
        public_jwk("a", KEY, kid=7),
        public_jwk("a", KEY, d="AQAB"),
        public_jwk("a", KEY, n="!"),
        public_jwk("a", new_key(1_024)),
        {"kty": "oct", "kid": "a", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "EC", "kid": "a", "crv": "P-256", "x": "x", "y": "y"},
        "nonsense",
        None,
    ],
)
def test_only_sound_rsa_keys_are_taken(entry: object) -> None:
    with pytest.raises(KeySetError):
        read_keys({"keys": [entry]})
    assert set(read_keys(json.loads(json.dumps({"keys": [entry, public_jwk("good", KEY)]})))) == {"good"}


@pytest.mark.parametrize(
    ("header", "minutes"),
    [("public, max-age=1800", 30), ("max-age=1", 5), ("max-age=999999999", 24 * 60), ("no-store", 60), ("", 60)],
)
def test_the_age_is_taken_within_bounds(header: str, minutes: int) -> None:
    assert age_allowed({"cache-control": header}) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://accounts.example/keys", True),
        ("http://127.0.0.1:8000/keys", True),
        ("http://accounts.example/keys", False),
        ("http://127.0.0.1.example.com/keys", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_keys_come_over_tls_or_from_this_machine(address: str, *, expected: bool) -> None:
    assert is_safe_address(address) is expected
