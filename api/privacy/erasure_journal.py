"""Who was erased, written where a backup of the database cannot take it back.

A restored backup knows nobody who left after it was taken. The bucket does: one object for each erasure, named by the
SHA-256 of the account's id. An id is 122 bits of which 74 are random, so a name leads to a person only for whoever has
that person's row; a restored database does. The object holds the hash of the receipt, which therefore keeps working.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from api.db.tables import ErasureRequest
from api.resources import Resources

PREFIX = "erased/"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What is needed to ask for the same erasure again."""

    request_id: uuid.UUID
    receipt_sha256: str
    requested_at: datetime


def account_hash(user_id: uuid.UUID) -> str:
    """The name under which an erased account is remembered."""
    return hashlib.sha256(f"erased account {user_id}".encode()).hexdigest()


class ErasureJournal:
    """Writes and reads the journal. Without Cloud Storage there is none, and the table of requests must be saved."""

    def __init__(self, resources: Resources) -> None:
        self._objects = resources.objects
        self._bucket = resources.settings.gcs_resumes_bucket if resources.settings.enable_cloud_storage else None

    async def remember(self, request: ErasureRequest) -> None:
        """Note an erasure, before anything of it is done. Raises UnavailableError."""
        if self._bucket is None:
            return
        entry = {
            "requestId": str(request.id),
            "receiptSha256": request.receipt_sha256,
            "requestedAt": request.requested_at.isoformat(),
        }
        name = f"{PREFIX}{account_hash(request.user_id)}"
        await self._objects.put_once(self._bucket, name, json.dumps(entry).encode(), "application/json")

    async def accounts(self) -> set[str]:
        """The hash of every account that was erased. Raises UnavailableError."""
        if self._bucket is None:
            return set()
        return {name.removeprefix(PREFIX) for name in await self._objects.names(self._bucket, PREFIX)}

    async def entry(self, user_id: uuid.UUID) -> JournalEntry | None:
        """What was noted about an account. Raises UnavailableError."""
        if self._bucket is None:
            return None
        data = await self._objects.get(self._bucket, f"{PREFIX}{account_hash(user_id)}")
        if data is None:
            return None
        entry = json.loads(data)
        return JournalEntry(
            uuid.UUID(entry["requestId"]), entry["receiptSha256"], datetime.fromisoformat(entry["requestedAt"])
        )
