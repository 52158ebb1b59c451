"""Queries on accounts."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.tables import User
from api.errors import ConflictError

# Made once: it runs with every request.
_SUBJECT = select(User.id, User.person_key, User.audit_key).where(
    User.id == bindparam("of_user"), User.access_ended_at.is_(None)
)


class UserRepository:
    """Reads and writes accounts in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def subject(self, user_id: uuid.UUID) -> Subject | None:
        """The person behind an account, unless its access has ended."""
        found = (await self._session.execute(_SUBJECT, {"of_user": user_id})).one_or_none()
        return Subject(found.id, found.person_key, found.audit_key) if found else None

    async def active(self, user_id: uuid.UUID) -> User | None:
        """The account, unless its access has ended."""
        statement = select(User).where(User.id == user_id, User.access_ended_at.is_(None))
        return await self._session.scalar(statement)

    async def hold(self, user_id: uuid.UUID) -> None:
        """Keep the account from ending until this transaction does. Raises ConflictError when it has ended."""
        statement = select(User.id).where(User.id == user_id, User.access_ended_at.is_(None))
        if await self._session.scalar(statement.with_for_update(key_share=True, read=True)) is None:
            raise ConflictError("The account was deleted while the request was at work.", code="deleted_meanwhile")

    async def active_by_email(self, email: str) -> User | None:
        """The account with this address in any letter case, unless its access has ended."""
        statement = select(User).where(func.lower(User.email) == email.lower(), User.access_ended_at.is_(None))
        return await self._session.scalar(statement)

    async def by_email(self, email: str) -> User | None:
        """The account with this address in any letter case, ended or not."""
        return await self._session.scalar(select(User).where(func.lower(User.email) == email.lower()))

    async def email_taken(self, email: str) -> bool:
        """Whether any account, ended or not, holds this address."""
        statement = select(User.id).where(func.lower(User.email) == email.lower())
        return await self._session.scalar(statement) is not None

    async def add(self, user: User) -> None:
        """Insert an account."""
        self._session.add(user)
        await self._session.flush()
