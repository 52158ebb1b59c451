"""Carries out an erasure: objects, rows, then a look whether anything is left. Every step can be repeated.

Runs as the eraser, the only role that may delete people and events. What the pipelines hold follows with their next
run; they move the request on to `erased` once they have found nothing either.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, literal_column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from api.db.base import SCHEMA, Base
from api.db.database import Database
from api.db.tables import ErasureRequest, OutboxMessage, User
from api.errors import UnavailableError
from api.outbox.repository import OutboxRepository
from api.resources import Resources

SWEEP_KIND = "erasure_sweep"
SWEEP_AFTER = timedelta(minutes=2)
MAX_ROUNDS = 100

# The request stays as the proof, under the pseudonym; the outbox holds the message being handled; the ledger of deleted
# keys tells every copy what to delete.
KEPT = frozenset({"erasure_requests", "outbox", "deletions"})


class ResidueError(Exception):
    """Something of the person is still there; the step is repeated later."""


class ErasureService:
    """Deletes a person from the operational database and from storage."""

    def __init__(self, resources: Resources, eraser: Database) -> None:
        self._resources = resources
        self._eraser = eraser

    async def erase(self, message: OutboxMessage) -> None:
        """Handle an erasure message. Raises UnavailableError or ResidueError; what was done stays done."""
        request_id = uuid.UUID(message.payload["erasureRequestId"])
        async with self._eraser.transaction() as session:
            request = await session.get(ErasureRequest, request_id)
        if request is None or request.status != "requested":
            return
        objects = await self._delete_objects(request.user_id)
        async with self._eraser.transaction() as session:
            await session.execute(delete(User).where(User.id == request.user_id))
            others = (OutboxMessage.user_id == request.user_id, OutboxMessage.id != message.id)
            await session.execute(delete(OutboxMessage).where(*others))
        # A render that was under way may have stored its PDF in between.
        objects += await self._delete_objects(request.user_id)
        async with self._eraser.transaction() as session:
            left = await residue(session, request.user_id, request.person_key)
            if left:
                raise ResidueError(f"rows left in {', '.join(left)}")
            now = self._resources.clock()
            locked = await session.get_one(ErasureRequest, request_id, with_for_update=True)
            if locked.status == "requested":
                locked.status = "operational_erased"
                locked.progress = {**locked.progress, "database": now.isoformat(), "storageObjects": objects}
            await OutboxRepository(session).put(
                SWEEP_KIND,
                f"{SWEEP_KIND}:{request_id}",
                {"userId": str(request.user_id)},
                user_id=None,
                available_at=now + SWEEP_AFTER,
                now=now,
            )

    async def sweep(self, message: OutboxMessage) -> None:
        """Delete objects that a request of the last moment stored after the erasure."""
        await self._delete_objects(uuid.UUID(message.payload["userId"]))

    async def _delete_objects(self, user_id: uuid.UUID) -> int:
        """Delete everything under the person's prefix until a listing finds nothing; return how many."""
        settings = self._resources.settings
        if not settings.enable_cloud_storage:
            return 0
        total = 0
        for bucket in dict.fromkeys((settings.gcs_resumes_bucket, settings.gcs_uploads_bucket)):
            for _ in range(MAX_ROUNDS):
                count = await self._resources.objects.delete_prefix(bucket, f"u/{user_id}/")
                total += count
                if count == 0:
                    break
            else:
                raise UnavailableError("Objects are still being written for this person.")
        return total


async def residue(session: AsyncSession, user_id: uuid.UUID, person_key: str) -> list[str]:
    """Operational tables in which a row still names the person, by id or pseudonym, in any column."""
    found = []
    for name in sorted(item.name for item in Base.metadata.sorted_tables):
        if name in KEPT:
            continue
        row: ColumnElement[str] = literal_column("t::text")
        statement = (
            select(func.count())
            .select_from(table(name, schema=SCHEMA).alias("t"))
            .where(row.contains(str(user_id)) | row.contains(person_key))
        )
        if await session.scalar(statement):
            found.append(name)
    return found
