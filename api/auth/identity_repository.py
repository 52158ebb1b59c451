"""Queries on the identities of the provider."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.rules.keyed_hash import keyed_hash
from api.db.tables import EndedIdentity, Identity, User


def ended_hash(secret: str, issuer: str, subject: str) -> str:
    """What is kept of an identity whose person was erased."""
    return keyed_hash(secret, "ended identity", issuer, subject)


class IdentityRepository:
    """Reads and writes identities in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, issuer: str, subject: str) -> tuple[Identity, User] | None:
        """The identity and its account, ended or not."""
        statement = select(Identity, User).join(User, User.id == Identity.user_id)
        row = (
            await self._session.execute(statement.where(Identity.issuer == issuer, Identity.subject == subject))
        ).first()
        return (row[0], row[1]) if row else None

    async def add(self, identity: Identity) -> bool:
        """Insert an identity, unless it is there; return whether it was inserted."""
        values = {column.key: getattr(identity, column.key) for column in Identity.__mapper__.column_attrs}
        statement = insert(Identity).values(**{name: value for name, value in values.items() if value is not None})
        statement = statement.on_conflict_do_nothing(index_elements=[Identity.issuer, Identity.subject])
        return await self._session.scalar(statement.returning(Identity.id)) is not None

    async def flush(self) -> None:
        """Send what was changed, so that a conflict shows now."""
        await self._session.flush()

    async def ended_at(self, identity_hash: str) -> datetime | None:
        """When the person behind an identity was erased."""
        return await self._session.scalar(
            select(EndedIdentity.ended_at).where(EndedIdentity.identity_hash == identity_hash)
        )

    async def end(self, user_id: uuid.UUID, secret: str, now: datetime) -> None:
        """Keep every identity of an account as a hash, for tokens that outlive it."""
        statement = select(Identity.issuer, Identity.subject).where(Identity.user_id == user_id)
        for issuer, subject in await self._session.execute(statement):
            hashed = ended_hash(secret, issuer, subject)
            await self._session.execute(
                insert(EndedIdentity).values(identity_hash=hashed, ended_at=now).on_conflict_do_nothing()
            )
