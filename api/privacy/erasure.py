"""Carries out an erasure: objects, rows, then a look whether anything is left. Every step can be repeated.

Runs as the eraser, the only role that may delete people and events. What the pipelines hold follows with their next
run; they move the request on to `erased` once they have found nothing either.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from api.db.database import Database
from api.db.tables import OutboxMessage
from api.errors import UnavailableError
from api.outbox.repository import OutboxRepository
from api.privacy.audit import record
from api.privacy.erasure_journal import ErasureJournal
from api.privacy.erasure_repository import ErasureRepository
from api.resources import Resources

SWEEP_KIND = "erasure_sweep"
SWEEP_AFTER = timedelta(minutes=2)
MAX_ROUNDS = 100


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
            request = await ErasureRepository(session).request(request_id)
        if request is None or request.status != "requested":
            return
        await ErasureJournal(self._resources).remember(request)
        objects = await self.delete_objects(request.user_id)
        async with self._eraser.transaction() as session:
            await ErasureRepository(session).delete_person(request.user_id, handled_by=message.id)
        # A render that was under way may have stored its PDF in between.
        objects += await self.delete_objects(request.user_id)
        async with self._eraser.transaction() as session:
            repository = ErasureRepository(session)
            left = await repository.residue(request.user_id, request.person_key, handled_by=message.id)
            if left:
                raise ResidueError(f"rows left in {', '.join(left)}")
            now = self._resources.clock()
            progress = {"database": now.isoformat(), "storageObjects": objects}
            if not self._resources.settings.enable_cloud_storage:
                progress["swept"] = now.isoformat()  # nothing can be stored late
            await repository.mark_erased(request_id, progress)
            await record(session, "erasure.operational_data_deleted", now, actor="service", request=str(request_id))
            await OutboxRepository(session).put(
                SWEEP_KIND,
                f"{SWEEP_KIND}:{request_id}:{now.isoformat()}",
                {"userId": str(request.user_id), "erasureRequestId": str(request_id)},
                user_id=None,
                available_at=now + SWEEP_AFTER,
                now=now,
            )

    async def sweep(self, message: OutboxMessage) -> None:
        """Delete objects that a request of the last moment stored after the erasure; then copies are looked for."""
        objects = await self.delete_objects(uuid.UUID(message.payload["userId"]))
        async with self._eraser.transaction() as session:
            now = self._resources.clock().isoformat()
            progress = {"swept": now, "lateStorageObjects": objects}
            await ErasureRepository(session).add_progress(uuid.UUID(message.payload["erasureRequestId"]), progress)

    async def delete_objects(self, user_id: uuid.UUID) -> int:
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
