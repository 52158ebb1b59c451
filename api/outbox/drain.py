"""Works through the outbox. A handler may run twice for one message, so each is written to be repeated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from api.db.tables import OutboxMessage
from api.outbox.repository import OutboxRepository
from api.resources import Resources

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handler:
    """What does the work of one kind, and after how many failures it is given up (None: never)."""

    run: Callable[[OutboxMessage], Awaitable[None]]
    max_attempts: int | None = None


async def drain(resources: Resources, handlers: Mapping[str, Handler], *, limit: int = 1_000) -> int:
    """Handle messages that are due, at most `limit`; return how many were finished."""
    finished = 0
    for _ in range(limit):
        async with resources.database.transaction() as session:
            message = await OutboxRepository(session).claim(tuple(handlers), resources.clock())
        if message is None:
            break
        finished += await _handle(resources, handlers[message.kind], message)
    return finished


async def _handle(resources: Resources, handler: Handler, message: OutboxMessage) -> bool:
    failure = None
    try:
        await handler.run(message)
    except Exception as error:  # one bad message must not stop the others; its class says why, its text may name people
        failure = type(error).__name__
    given_up = failure is not None and handler.max_attempts is not None and message.attempts >= handler.max_attempts
    async with resources.database.transaction() as session:
        repository, now = OutboxRepository(session), resources.clock()
        if failure is None or given_up:
            await repository.done(message.id, now, failure)
        else:
            await repository.retry(message, now, failure)
    if failure is not None:
        log.warning("outbox_failed", kind=message.kind, attempt=message.attempts, error_class=failure)
    return failure is None
