"""Originals of imported documents: kept 30 days under the person's prefix, and not at all when an import fails.

The row comes first and the object second, so there is never an object that no row knows. Until the draft is stored
the row is due soon: what a crash leaves behind goes with the next round of `cvstomize work`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import Upload
from api.errors import DomainError
from api.profile.repository import ProfileRepository
from api.profile.retention import UNFINISHED_LIFETIME, UPLOAD_LIFETIME
from api.resources import Resources

EXPIRED_IN_ONE_ROUND = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Original:
    """A document as it was uploaded."""

    data: bytes
    filename: str
    content_type: str

    @property
    def sha256(self) -> str:
        """The document's hash in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


class OriginalStore:
    """Keeps and removes originals: the row in the database and the object in the bucket of uploads."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def put(self, subject: Subject, original: Original) -> Upload | None:
        """Store an original that is not confirmed yet; None while storage is off. Raises UnavailableError."""
        settings, upload_id = self._resources.settings, new_id()
        if not settings.enable_cloud_storage:
            return None
        upload = Upload(
            id=upload_id,
            user_id=subject.user_id,
            object_name=f"u/{subject.user_id}/{upload_id}",
            file_name=original.filename,
            content_type=original.content_type,
            size_bytes=len(original.data),
            sha256=original.sha256,
            expires_at=self._resources.clock() + UNFINISHED_LIFETIME,
        )
        async with self._resources.database.transaction() as session:
            await ProfileRepository(session).add_upload(upload)
        # When this fails the row stays: the object may yet arrive, and the worker then finds it.
        await self._resources.objects.put_once(
            settings.gcs_uploads_bucket,
            upload.object_name,
            original.data,
            original.content_type or "application/octet-stream",
        )
        return upload

    async def keep(self, session: AsyncSession, upload: Upload) -> None:
        """Give a stored original its 30 days, in the transaction that stores the draft."""
        await ProfileRepository(session).keep_upload_until(upload.id, self._resources.clock() + UPLOAD_LIFETIME)

    async def discard(self, upload: Upload) -> None:
        """Remove an original whose import failed. When that fails too, the worker does it within the hour."""
        try:
            await self._remove(upload)
        except DomainError as error:
            log.warning("upload_not_discarded", error_code=error.code)

    async def delete_expired(self) -> int:
        """Remove originals whose time is over, oldest first; return how many. Raises UnavailableError."""
        async with self._resources.database.transaction() as session:
            expired = await ProfileRepository(session).expired_uploads(self._resources.clock(), EXPIRED_IN_ONE_ROUND)
        for upload in expired:
            await self._remove(upload)
        return len(expired)

    async def _remove(self, upload: Upload) -> None:
        """Object first: while it is there, the row must say so."""
        settings = self._resources.settings
        if settings.enable_cloud_storage:
            await self._resources.objects.delete_prefix(settings.gcs_uploads_bucket, upload.object_name)
        async with self._resources.database.transaction() as session:
            await ProfileRepository(session).delete_upload(upload.id)
