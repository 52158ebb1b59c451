"""Queries on idempotency keys. A row belongs to one person, one operation and one key."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.tables import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Claim:
    """A row this request holds: its id, and the lease that proves it still does."""

    row_id: uuid.UUID
    leased_until: datetime


class IdempotencyRepository:
    """Reads and writes keys in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(
        self, claim: Claim, subject: Subject, operation: str, key: str, request_sha256: str, now: datetime
    ) -> bool:
        """Take a new key. False when a row has it; waits for a rival's open transaction to end."""
        statement = (
            insert(IdempotencyKey)
            .values(
                id=claim.row_id,
                user_id=subject.user_id,
                operation=operation,
                key=key,
                request_sha256=request_sha256,
                leased_until=claim.leased_until,
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=["user_id", "operation", "key"])
            .returning(IdempotencyKey.id)
        )
        return await self._session.scalar(statement) is not None

    async def locked(self, subject: Subject, operation: str, key: str) -> IdempotencyKey | None:
        """The row of this person and key, locked until the transaction ends."""
        statement = (
            select(IdempotencyKey)
            .where(
                IdempotencyKey.user_id == subject.user_id,
                IdempotencyKey.operation == operation,
                IdempotencyKey.key == key,
            )
            .with_for_update()
        )
        return await self._session.scalar(statement)

    async def complete(self, claim: Claim, status: int, sealed: bytes) -> bool:
        """Store the answer. False when the lease has passed to another request."""
        statement = (
            update(IdempotencyKey)
            .where(
                IdempotencyKey.id == claim.row_id,
                IdempotencyKey.leased_until == claim.leased_until,
                IdempotencyKey.response_status.is_(None),
            )
            .values(response_status=status, response_body=sealed)
        )
        return cast("CursorResult[None]", await self._session.execute(statement)).rowcount == 1

    async def release(self, claim: Claim) -> None:
        """Free a key whose work failed, unless the lease has passed to another request."""
        await self._session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.id == claim.row_id,
                IdempotencyKey.leased_until == claim.leased_until,
                IdempotencyKey.response_status.is_(None),
            )
        )

    async def forget(self, row: IdempotencyKey) -> None:
        """Take away a locked row whose request has died, so that another may take its place."""
        await self._session.delete(row)
        await self._session.flush()

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget keys made before `moment`; return how many."""
        result = await self._session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < moment))
        return cast("CursorResult[None]", result).rowcount
