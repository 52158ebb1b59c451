"""Queries on share links and views. The owner's reads start from their resumes, a visitor's from the token."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.db.base import new_id
from api.db.tables import ProfileRecord, Resume, ResumeVersion, ShareLink, User, ViewEvent


def token_hash(token: str) -> str:
    """What the database knows of a token. 128 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Shared:
    """Everything a page shows."""

    link: ShareLink
    resume: Resume
    version: ResumeVersion
    profile: ProfileRecord | None


class SharingRepository:
    """Reads and writes links and views in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def active(self, resume: Resume, now: datetime) -> list[ShareLink]:
        """Links of a resume that was read for its owner, that open it now; newest first."""
        statement = (
            select(ShareLink)
            .where(ShareLink.resume_id == resume.id, ShareLink.revoked_at.is_(None), ShareLink.expires_at > now)
            .order_by(ShareLink.created_at.desc(), ShareLink.id.desc())
        )
        return list(await self._session.scalars(statement))

    async def add(self, link: ShareLink) -> None:
        """Insert a link."""
        self._session.add(link)
        await self._session.flush()

    async def revoke_all(self, resume: Resume, now: datetime) -> None:
        """Close every link of a resume that was read for its owner."""
        await self._session.execute(
            update(ShareLink)
            .where(ShareLink.resume_id == resume.id, ShareLink.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def open(self, token: str, now: datetime) -> Shared | None:
        """What a token opens now, or None: absent, revoked, expired and of an ended account are the same."""
        statement = (
            select(ShareLink, Resume, ResumeVersion, ProfileRecord)
            .join(Resume, Resume.id == ShareLink.resume_id)
            .join(User, User.id == Resume.user_id)
            .join(
                ResumeVersion,
                (ResumeVersion.resume_id == Resume.id) & (ResumeVersion.version == Resume.current_version),
            )
            .outerjoin(ProfileRecord, ProfileRecord.user_id == Resume.user_id)
            .where(
                ShareLink.token_sha256 == token_hash(token),
                ShareLink.revoked_at.is_(None),
                ShareLink.expires_at > now,
                User.access_ended_at.is_(None),
            )
        )
        row = (await self._session.execute(statement)).first()
        return Shared(*row) if row is not None else None

    async def count_view(
        self, link_id: uuid.UUID, resume_id: uuid.UUID, visitor: str, hour: datetime, now: datetime
    ) -> None:
        """Count a visitor once an hour. The unique key decides, so two at once count once."""
        event = (
            insert(ViewEvent)
            .values(
                id=new_id(), share_link_id=link_id, resume_id=resume_id, visitor_hash=visitor, hour=hour, viewed_at=now
            )
            .on_conflict_do_nothing(index_elements=["share_link_id", "visitor_hash", "hour"])
            .returning(ViewEvent.id)
        )
        if await self._session.scalar(event) is None:
            return
        await self._session.execute(
            update(Resume)
            .where(Resume.id == resume_id)
            .values(
                viewed_count=Resume.viewed_count + 1,
                last_viewed_at=func.greatest(func.coalesce(Resume.last_viewed_at, now), now),
            )
        )
