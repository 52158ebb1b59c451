"""The provider's public keys, kept in memory: a flood of unknown key ids costs nothing, an outage changes nothing.

Keys are fetched at most once in `REFETCH_AFTER`, whatever is asked for; a known key never waits for a fetch. While
the provider is away the last keys hold for `KEEP_FOR`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from api.auth.rules.addresses import is_loopback, is_safe_address
from api.auth.rules.id_tokens import ALGORITHM, faults
from api.clock import Clock
from api.errors import UnavailableError

if TYPE_CHECKING:
    import httpx
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

REFETCH_AFTER = timedelta(seconds=30)
FIRST_RETRY_AFTER = timedelta(seconds=2)
"""Until there is a first set of keys nobody can sign in, so the next try comes sooner."""
KEEP_FOR = timedelta(hours=24)
FETCH_SECONDS = 5.0
MAX_BYTES = 64 * 1024
MAX_KEYS = 50
SMALLEST_KEY_BITS = 2_048
SHORTEST_AGE, USUAL_AGE, LONGEST_AGE = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24)

log = structlog.get_logger(__name__)


class KeySetError(Exception):
    """The provider's answer is no set of keys."""


def read_keys(document: object) -> dict[str, RSAPublicKey]:
    """RSA signing keys by id; entries of other kinds, short keys and private keys are passed over."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # a start does not wait for it
    from jwt.algorithms import RSAAlgorithm

    listed = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, RSAPublicKey] = {}
    for entry in listed[:MAX_KEYS] if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or "d" in entry or entry.get("kty") != "RSA":
            continue
        if entry.get("use", "sig") != "sig" or entry.get("alg", ALGORITHM) != ALGORITHM:
            continue
        name = entry.get("kid")
        if not isinstance(name, str) or not name or name in keys:
            continue
        try:
            key = RSAAlgorithm.from_jwk(entry)
        except faults():
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY_BITS:
            keys[name] = key
    if not keys:
        raise KeySetError
    return keys


def age_allowed(headers: Mapping[str, str]) -> timedelta:
    """How long the provider lets keys be kept (`max-age`), within sensible bounds."""
    found = re.search(r"\bmax-age=(\d{1,9})\b", headers.get("cache-control", ""))
    wanted = timedelta(seconds=int(found[1])) if found else USUAL_AGE
    return max(SHORTEST_AGE, min(wanted, LONGEST_AGE))


async def _get_json(address: str) -> tuple[object, httpx.Headers]:
    """A small JSON document. Raises KeySetError or httpx.HTTPError; redirects are not followed."""
    import httpx

    if not is_safe_address(address):
        raise KeySetError
    async with (
        httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False, trust_env=not is_loopback(address)) as client,
        client.stream("GET", address, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise KeySetError
        body = bytearray()
        async for block in answer.aiter_bytes():
            body += block
            if len(body) > MAX_BYTES:
                raise KeySetError
        return json.loads(bytes(body)), answer.headers


class KeySet:
    """Keys of one issuer, found through its discovery document or at a given address."""

    def __init__(self, issuer: str, clock: Clock, address: str | None = None) -> None:
        self._issuer = issuer
        self._clock = clock
        self._given_address = address
        self._found_address: str | None = None
        self._keys: dict[str, RSAPublicKey] = {}
        self._loaded_at: datetime | None = None
        self._refresh_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, name: str) -> RSAPublicKey | None:
        """The key of that id, or None. Raises UnavailableError when no keys could be had yet."""
        now = self._clock()
        if self._loaded_at is not None and now - self._loaded_at >= KEEP_FOR:
            self._keys, self._loaded_at = {}, None
        found = self._keys.get(name)
        if found is not None:
            if self._refresh_at is None or now >= self._refresh_at:
                self._start_fetch(now)
            return found
        fetching = self._start_fetch(now)
        if fetching is not None:
            # Shielded: the fetch is everybody's, a caller that goes away must not end it.
            await asyncio.shield(fetching)
        if not self._keys:
            raise UnavailableError("The identity provider's keys cannot be read. Try again shortly.")
        return self._keys.get(name)

    def _start_fetch(self, now: datetime) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one when it is time for one."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        wait = REFETCH_AFTER if self._keys else FIRST_RETRY_AFTER
        if self._tried_at is not None and timedelta() <= now - self._tried_at < wait:
            return None
        self._tried_at = now
        self._fetching = asyncio.create_task(self._fetch(now))
        return self._fetching

    async def _fetch(self, now: datetime) -> None:
        """Replace the keys, or keep those there are."""
        import httpx  # a start does not wait for it

        try:
            async with asyncio.timeout(FETCH_SECONDS):
                document, headers = await _get_json(await self._address())
            self._keys, self._loaded_at = read_keys(document), now
            self._refresh_at = now + age_allowed(headers)
        except (KeySetError, httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
            self._found_address = None
            log.warning("key_set_not_read", error_class=type(error).__name__)

    async def _address(self) -> str:
        """Where the keys are: as set, or as the issuer's discovery document says (OpenID Connect Discovery 1.0)."""
        if self._given_address is not None:
            return self._given_address
        if self._found_address is None:
            document, _ = await _get_json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if not isinstance(document, dict) or document.get("issuer") != self._issuer:
                raise KeySetError
            self._found_address = str(document.get("jwks_uri"))
        return self._found_address

    async def close(self) -> None:
        """End a fetch that is under way."""
        if self._fetching is not None and not self._fetching.done():
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
