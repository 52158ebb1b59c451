"""Runs a POST that creates, once per (person, operation, key), in one of two ways.

`run_in_transaction` is for short work: key, effect and answer commit together, so a crash leaves nothing behind and
equal requests wait for one another. `run` is for long work such as writing a resume: the key is leased in a
transaction of its own, and the lease is checked again in the transaction that stores the effect.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from fastapi import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import IdempotencyKey
from api.errors import ConflictError, DomainError, InvalidInputError, UnavailableError
from api.idempotency.repository import Claim, IdempotencyRepository
from api.idempotency.sealing import seal, unseal
from api.resources import Resources

LEASE = timedelta(seconds=90)
"""Longer than the longest request (a model call of 45 s in total), so that a living one never loses its lease."""
RETENTION = timedelta(hours=24)
RETRY_AFTER_SECONDS = 2
RELEASE_WAIT_SECONDS = 1.0
"""How long a failed request waits for its key to be free again, so that an immediate retry finds it so."""
RELEASE_ATTEMPTS = 12
RELEASE_PAUSE_SECONDS = 1.0
_RELEASING: set[asyncio.Task[None]] = set()
"""Releases that are under way; the event loop itself keeps no hold of a task."""
MEDIA_TYPE = "application/json"

log = structlog.get_logger(__name__)


def fingerprint(*parts: Any) -> str:
    """A hash of what a request asks for: models, by the fields that were sent, and path values."""
    plain = [
        part.model_dump(mode="json", exclude_unset=True) if isinstance(part, BaseModel) else str(part) for part in parts
    ]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Recorder:
    """Stores the answer in the transaction that stores the effect, so that the two cannot part."""

    def __init__(self, secret: str, claim: Claim | None) -> None:
        self._secret = secret
        self._claim = claim
        self.recorded = False

    async def record(self, session: AsyncSession, body: BaseModel, status: int) -> None:
        """Keep `body` as the answer to this key.

        Raises ConflictError when the lease has passed to another request; the transaction must then roll back.
        """
        if self._claim is None:
            return
        sealed = seal(self._secret, self._claim.row_id, _encode(body))
        if not await IdempotencyRepository(session).complete(self._claim, status, sealed):
            raise _in_progress()
        self.recorded = True


async def run_in_transaction(
    resources: Resources,
    subject: Subject,
    operation: str,
    key: str | None,
    asked_for: Sequence[Any],
    work: Callable[[AsyncSession], Awaitable[BaseModel]],
    *,
    status: int = 201,
) -> Response:
    """Do short work and remember its answer in one transaction; without a key, just do it.

    `asked_for` is what the request asks for, as `fingerprint` takes it.

    Raises InvalidInputError when the key came with another body before, and whatever `work` raises.
    """
    secret, now = resources.settings.link_signing_key.get_secret_value(), resources.clock()
    async with resources.database.transaction() as session:
        claim = None
        if key is not None:
            claim = Claim(new_id(), now)
            found = await _claim_or_find(session, claim, subject, operation, key, asked_for, now)
            if found is not None:
                return _replay(secret, found)
        body = await work(session)
        await Recorder(secret, claim).record(session, body, status)
    return Response(_encode(body), status, media_type=MEDIA_TYPE)


async def run(
    resources: Resources,
    subject: Subject,
    operation: str,
    key: str | None,
    asked_for: Sequence[Any],
    work: Callable[[Recorder], Awaitable[BaseModel]],
    *,
    status: int = 201,
) -> Response:
    """Do long work under a lease. `work` calls `recorder.record(session, body, status)` in its last transaction.

    Raises InvalidInputError when the key came with another body before, ConflictError with a time to retry while an
    equal request is at work, and whatever `work` raises; the key is then free again.
    """
    secret, now = resources.settings.link_signing_key.get_secret_value(), resources.clock()
    claim = None
    if key is not None:
        claim = Claim(new_id(), now + LEASE)
        async with resources.database.transaction() as session:
            found = await _claim_or_find(session, claim, subject, operation, key, asked_for, now)
        if found is not None:
            return _replay(secret, found)
    recorder = Recorder(secret, claim)
    try:
        body = await work(recorder)
        if claim is not None and not recorder.recorded:
            async with resources.database.transaction() as session:
                await recorder.record(session, body, status)
    except BaseException as error:
        # Also when the server stops and the request is cancelled: the retry must not wait for the lease.
        if claim is not None and not recorder.recorded:
            releasing = asyncio.create_task(_release(resources, claim))
            _RELEASING.add(releasing)
            releasing.add_done_callback(_RELEASING.discard)
            # The answer does not wait for a database that is away: it has taken its time already.
            await asyncio.wait({releasing}, timeout=0 if isinstance(error, UnavailableError) else RELEASE_WAIT_SECONDS)
        raise
    return Response(_encode(body), status, media_type=MEDIA_TYPE)


async def _claim_or_find(
    session: AsyncSession,
    claim: Claim,
    subject: Subject,
    operation: str,
    key: str,
    asked_for: Sequence[Any],
    now: datetime,
) -> IdempotencyKey | None:
    """Take the key and return None, or return the row that already answers it."""
    repository = IdempotencyRepository(session)
    request_sha256 = fingerprint(*asked_for)
    if await repository.insert(claim, subject, operation, key, request_sha256, now):
        return None
    found = await repository.locked(subject, operation, key)
    if found is None:
        raise _in_progress()  # released a moment ago
    if found.request_sha256 != request_sha256:
        raise InvalidInputError(
            "This Idempotency-Key came with another request before. Use a new key.", code="idempotency_key_reused"
        )
    if found.response_status is not None:
        return found
    if found.leased_until > now:
        raise _in_progress()
    # The request that held the key has died: take its place. The old lease is void from here on.
    await repository.forget(found)
    if not await repository.insert(claim, subject, operation, key, request_sha256, now):
        raise _in_progress()
    return None


async def _release(resources: Resources, claim: Claim) -> None:
    """Free the key, as soon as the database takes it and well before the lease would."""
    for _ in range(RELEASE_ATTEMPTS):
        try:
            async with resources.database.transaction() as session:
                await IdempotencyRepository(session).release(claim)
        except DomainError:
            await asyncio.sleep(RELEASE_PAUSE_SECONDS)
        else:
            return
    log.warning("idempotency_release_failed", reason_code="lease_expires")


def _replay(secret: str, row: IdempotencyKey) -> Response:
    body = unseal(secret, row.id, row.response_body or b"")
    if body is None:
        raise ConflictError(
            "This request was answered before, and the answer can no longer be opened. Read the object instead.",
            code="idempotency_answer_sealed",
        )
    headers = {"Idempotency-Replayed": "true"}
    return Response(body, row.response_status or 200, media_type=MEDIA_TYPE, headers=headers)


def _in_progress() -> ConflictError:
    return ConflictError(
        "A request with this Idempotency-Key is at work. Repeat it shortly.",
        code="idempotency_in_progress",
        retry_after=RETRY_AFTER_SECONDS,
    )


def _encode(body: BaseModel) -> bytes:
    return body.model_dump_json(by_alias=True).encode()
