"""Queries on resumes and their versions. Every read starts from what the subject may read."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BindParameter, Select, bindparam, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.tables import JobAd, Resume, ResumeVersion
from api.errors import NotFoundError


def readable_by(subject: Subject) -> Select[Resume]:
    """The one statement every read of a person's resumes starts from."""
    return _readable_by(subject.user_id)


def _readable_by(user_id: uuid.UUID | BindParameter[uuid.UUID]) -> Select[Resume]:
    return select(Resume).where(Resume.user_id == user_id)


# Made once: nearly every request reads one resume.
_ONE = _readable_by(bindparam("of_user")).where(Resume.id == bindparam("of_resume"))
_ONE_FOR_UPDATE = _ONE.with_for_update()


class ResumeRepository:
    """Reads and writes resumes in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, subject: Subject, resume_id: uuid.UUID, *, for_update: bool = False) -> Resume:
        """One resume of this person. Raises NotFoundError, whether it is absent or foreign.

        `for_update` locks the row until the transaction ends, so that two writers both count.
        """
        statement = _ONE_FOR_UPDATE if for_update else _ONE
        keys = {"of_user": subject.user_id, "of_resume": resume_id}
        resume: Resume | None = await self._session.scalar(statement, keys)
        if resume is None:
            raise NotFoundError("There is no such resume.")
        return resume

    async def page(self, subject: Subject, *, before: tuple[datetime, uuid.UUID] | None, limit: int) -> list[Resume]:
        """Resumes, newest first, that come after the cursor."""
        statement = readable_by(subject).order_by(Resume.created_at.desc(), Resume.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(tuple_(Resume.created_at, Resume.id) < before)
        return list(await self._session.scalars(statement))

    async def version(self, resume: Resume, version: int | None = None) -> ResumeVersion:
        """A version of a resume that was read for its owner; the current one by default. Raises NotFoundError."""
        statement = select(ResumeVersion).where(
            ResumeVersion.resume_id == resume.id,
            ResumeVersion.version == (resume.current_version if version is None else version),
        )
        found = await self._session.scalar(statement)
        if found is None:
            raise NotFoundError("There is no such version.")
        return found

    async def versions(self, resume: Resume) -> list[ResumeVersion]:
        """All versions, newest first."""
        statement = (
            select(ResumeVersion).where(ResumeVersion.resume_id == resume.id).order_by(ResumeVersion.version.desc())
        )
        return list(await self._session.scalars(statement))

    async def job_ad(self, resume: Resume) -> JobAd | None:
        """The ad a resume was made for."""
        return await self._session.get(JobAd, resume.job_ad_id) if resume.job_ad_id else None

    async def add(self, resume: Resume, version: ResumeVersion) -> None:
        """Insert a resume with its first version."""
        self._session.add(resume)
        await self._session.flush()
        self._session.add(version)
        await self._session.flush()

    async def add_version(self, resume: Resume, version: ResumeVersion) -> None:
        """Insert a further version and make it the current one. The resume must be locked."""
        resume.current_version = version.version
        resume.updated_at = version.created_at
        self._session.add(version)
        await self._session.flush()

    async def delete(self, resume: Resume) -> None:
        """Delete a resume with everything that hangs on it."""
        await self._session.delete(resume)
        await self._session.flush()

    async def count_download(self, resume_id: uuid.UUID, now: datetime) -> None:
        """Count an owner's download; the first one keeps its time."""
        await self._session.execute(
            update(Resume)
            .where(Resume.id == resume_id)
            .values(
                downloaded_count=Resume.downloaded_count + 1,
                first_downloaded_at=func.coalesce(Resume.first_downloaded_at, now),
            )
        )
