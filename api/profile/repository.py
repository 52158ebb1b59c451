"""Queries on profiles, imports and uploads of one person."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import ProfileImport, ProfileRecord, Upload
from api.errors import NotFoundError


def imports_readable_by(subject: Subject) -> Select[ProfileImport]:
    """The one statement every read of an import starts from."""
    return select(ProfileImport).where(ProfileImport.user_id == subject.user_id)


def profile_readable_by(subject: Subject) -> Select[ProfileRecord]:
    """The one statement every read of a profile starts from."""
    return select(ProfileRecord).where(ProfileRecord.user_id == subject.user_id)


class ProfileRepository:
    """Reads and writes the person's facts in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, subject: Subject, *, for_update: bool = False) -> ProfileRecord | None:
        """The profile, if there is one."""
        statement = profile_readable_by(subject)
        if for_update:
            statement = statement.with_for_update()
        return await self._session.scalar(statement)

    async def save(self, subject: Subject, document: dict[str, Any], now: datetime) -> ProfileRecord:
        """Insert the profile or replace its document, counting revisions."""
        statement = insert(ProfileRecord).values(
            id=new_id(), user_id=subject.user_id, document=document, revision=1, updated_at=now
        )
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[ProfileRecord.user_id],
                set_={"document": document, "revision": ProfileRecord.revision + 1, "updated_at": now},
            )
        )
        record = await self._session.scalar(profile_readable_by(subject).execution_options(populate_existing=True))
        assert record is not None
        return record

    async def get_import(self, subject: Subject, import_id: uuid.UUID) -> ProfileImport:
        """One import of this person, locked. Raises NotFoundError."""
        statement = imports_readable_by(subject).where(ProfileImport.id == import_id).with_for_update()
        found = await self._session.scalar(statement)
        if found is None:
            raise NotFoundError("There is no such import.")
        return found

    async def add_import(self, draft: ProfileImport) -> None:
        """Insert a draft."""
        self._session.add(draft)
        await self._session.flush()

    async def add_upload(self, upload: Upload) -> None:
        """Insert the record of an original."""
        self._session.add(upload)
        await self._session.flush()

    async def keep_upload_until(self, upload_id: uuid.UUID, moment: datetime) -> None:
        """Move the end of an original's life. Raises NotFoundError when it has been deleted since."""
        statement = update(Upload).where(Upload.id == upload_id).values(expires_at=moment)
        if cast("CursorResult[None]", await self._session.execute(statement)).rowcount != 1:
            raise NotFoundError("The document was deleted while it was being read.")

    async def expired_uploads(self, now: datetime, limit: int) -> list[Upload]:
        """Originals of anybody whose time is over, oldest first."""
        statement = select(Upload).where(Upload.expires_at <= now).order_by(Upload.expires_at, Upload.id).limit(limit)
        return list(await self._session.scalars(statement))

    async def delete_upload(self, upload_id: uuid.UUID) -> None:
        """Forget an original; its draft stays."""
        await self._session.execute(delete(Upload).where(Upload.id == upload_id))
