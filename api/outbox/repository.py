"""Queries on the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.db.base import new_id
from api.db.tables import OutboxMessage

LEASE = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(hours=1)


class OutboxRepository:
    """Reads and writes messages in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(
        self,
        kind: str,
        deduplication_key: str,
        payload: dict[str, Any],
        *,
        user_id: uuid.UUID | None,
        available_at: datetime,
        now: datetime,
    ) -> None:
        """Add work, unless the same was added before."""
        statement = insert(OutboxMessage).values(
            id=new_id(),
            kind=kind,
            deduplication_key=deduplication_key,
            payload=payload,
            user_id=user_id,
            available_at=available_at,
            created_at=now,
        )
        await self._session.execute(statement.on_conflict_do_nothing(index_elements=["deduplication_key"]))

    async def claim(self, kinds: Sequence[str], now: datetime) -> OutboxMessage | None:
        """Take the message that waits longest. Nobody else gets it until the lease ends, not even after a crash."""
        statement = (
            select(OutboxMessage)
            .where(OutboxMessage.kind.in_(kinds), OutboxMessage.done_at.is_(None), OutboxMessage.available_at <= now)
            .order_by(OutboxMessage.available_at, OutboxMessage.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        message = await self._session.scalar(statement)
        if message is not None:
            message.available_at = now + LEASE
            message.attempts += 1
            await self._session.flush()
        return message

    async def backlog(self, now: datetime) -> dict[str, tuple[int, datetime]]:
        """Of each kind: how many messages are due or have failed before, and since when the oldest one waits.

        A retry moves `available_at`, so what was tried before counts from the day it was put in.
        """
        since = case((OutboxMessage.attempts > 0, OutboxMessage.created_at), else_=OutboxMessage.available_at)
        statement = (
            select(OutboxMessage.kind, func.count(), func.min(since))
            .where(
                and_(
                    OutboxMessage.done_at.is_(None),
                    or_(OutboxMessage.available_at <= now, OutboxMessage.attempts > 0),
                )
            )
            .group_by(OutboxMessage.kind)
        )
        return {kind: (count, oldest) for kind, count, oldest in await self._session.execute(statement)}

    async def done(self, message_id: uuid.UUID, now: datetime, error_code: str | None = None) -> None:
        """Finish a message; with a code when it was given up. What is left of it names nobody."""
        await self._session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == message_id)
            .values(done_at=now, last_error_code=error_code, payload={}, user_id=None)
        )

    async def retry(self, message: OutboxMessage, now: datetime, error_code: str) -> None:
        """Put a failed message back, later each time."""
        wait = min(FIRST_RETRY * 2 ** min(message.attempts - 1, 10), LONGEST_RETRY)
        await self._session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == message.id)
            .values(available_at=now + wait, last_error_code=error_code)
        )
