"""Queries on consents and erasure requests."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.tables import Consent, ErasureRequest, IdempotencyKey, OutboxMessage, Resume, ShareLink, User


def receipt_hash(receipt: str) -> str:
    """What is kept of a receipt."""
    return hashlib.sha256(receipt.encode()).hexdigest()


class PrivacyRepository:
    """Reads and writes consents and erasure requests in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock_person(self, subject: Subject) -> User:
        """The account, locked, so that two decisions at once are recorded in order."""
        statement = select(User).where(User.id == subject.user_id).with_for_update()
        return (await self._session.scalars(statement)).one()

    async def decisions(self, subject: Subject) -> list[Consent]:
        """Every decision of this person, oldest first."""
        statement = select(Consent).where(Consent.user_id == subject.user_id)
        return list(await self._session.scalars(statement.order_by(Consent.recorded_at, Consent.id)))

    async def add(self, rows: Sequence[Consent | ErasureRequest | OutboxMessage]) -> None:
        """Insert rows."""
        self._session.add_all(rows)
        await self._session.flush()

    async def end_access(self, user: User, now: datetime) -> None:
        """Close every way to the person's data: account, links, remembered answers, work that is waiting."""
        user.access_ended_at = now
        owned = select(Resume.id).where(Resume.user_id == user.id)
        await self._session.execute(
            update(ShareLink)
            .where(ShareLink.resume_id.in_(owned), ShareLink.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        await self._session.execute(delete(IdempotencyKey).where(IdempotencyKey.user_id == user.id))
        await self._session.execute(
            delete(OutboxMessage).where(OutboxMessage.user_id == user.id, OutboxMessage.done_at.is_(None))
        )
        await self._session.flush()

    async def erasure_by_receipt(self, receipt: str) -> ErasureRequest | None:
        """The erasure a receipt belongs to."""
        statement = select(ErasureRequest).where(ErasureRequest.receipt_sha256 == receipt_hash(receipt))
        return await self._session.scalar(statement)

    async def erasure_of(self, user_id: uuid.UUID) -> ErasureRequest | None:
        """The latest erasure of an account."""
        statement = select(ErasureRequest).where(ErasureRequest.user_id == user_id)
        return await self._session.scalar(statement.order_by(ErasureRequest.requested_at.desc()).limit(1))

    async def erasure_waits(self, user_id: uuid.UUID, kind: str) -> bool:
        """Whether the erasure of an account is queued."""
        waiting = exists().where(
            OutboxMessage.kind == kind, OutboxMessage.user_id == user_id, OutboxMessage.done_at.is_(None)
        )
        return bool(await self._session.scalar(select(waiting)))

    async def accounts_after(self, user_id: uuid.UUID, limit: int) -> list[tuple[uuid.UUID, bool]]:
        """The next accounts by id, each with whether an erasure of it was ever asked for."""
        asked = exists().where(ErasureRequest.user_id == User.id)
        statement = select(User.id, asked).where(User.id > user_id).order_by(User.id).limit(limit)
        return [(found, bool(before)) for found, before in await self._session.execute(statement)]

    async def lock_account(self, user_id: uuid.UUID) -> User | None:
        """An account, ended or not, locked."""
        return await self._session.scalar(select(User).where(User.id == user_id).with_for_update())

    async def erasure_counts(self) -> dict[str, int]:
        """How many erasures are in which state."""
        statement = select(ErasureRequest.status, func.count()).group_by(ErasureRequest.status)
        return dict(row._tuple() for row in await self._session.execute(statement))
