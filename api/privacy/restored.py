"""Erases again everybody whom a restored backup brought back.

A backup is older than the database it replaces, so people who left in between are in it as if they had stayed. They are
found by the journal in storage and by the table of requests, where that one was saved and put back.
"""

from __future__ import annotations

import uuid

from api.auth.identity_repository import IdentityRepository
from api.db.tables import ErasureRequest
from api.outbox.repository import OutboxRepository
from api.privacy.audit import record
from api.privacy.erasure_journal import ErasureJournal, JournalEntry, account_hash
from api.privacy.repository import PrivacyRepository
from api.privacy.service import ERASURE_KIND
from api.resources import Resources

PAGE = 1_000


class RestoredPeople:
    """Looks through all accounts for those that were erased before, and asks for their erasure anew."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._journal = ErasureJournal(resources)

    async def erase_again(self) -> int:
        """End access and queue the erasure of everybody who is there again; return how many.

        May be repeated: whose erasure waits already is left alone. Raises UnavailableError.
        """
        erased = await self._journal.accounts()
        count, after = 0, uuid.UUID(int=0)
        while True:
            async with self._resources.database.transaction() as session:
                page = await PrivacyRepository(session).accounts_after(after, PAGE)
            if not page:
                return count
            for user_id, asked_before in page:
                after = user_id
                if asked_before or account_hash(user_id) in erased:
                    count += await self._ask_again(user_id, await self._journal.entry(user_id))

    async def _ask_again(self, user_id: uuid.UUID, entry: JournalEntry | None) -> bool:
        now = self._resources.clock()
        async with self._resources.database.transaction() as session:
            repository = PrivacyRepository(session)
            user = await repository.lock_account(user_id)
            if user is None or await repository.erasure_waits(user_id, ERASURE_KIND):
                return False
            request = await repository.erasure_of(user_id)
            if request is None and entry is not None:
                request = ErasureRequest(
                    id=entry.request_id,
                    person_key=user.person_key,
                    user_id=user_id,
                    receipt_sha256=entry.receipt_sha256,
                    requested_at=entry.requested_at,
                )
            if request is None:
                return False
            request.status, request.progress = "requested", {"againAfterRestore": now.isoformat()}
            request.erased_at = request.models_retired_at = None
            await repository.add([request])
            await repository.end_access(user, now)
            await IdentityRepository(session).end(
                user_id, self._resources.settings.link_signing_key.get_secret_value(), now
            )
            await OutboxRepository(session).put(
                ERASURE_KIND,
                f"{ERASURE_KIND}:{request.id}:{now.isoformat()}",
                {"erasureRequestId": str(request.id)},
                user_id=user_id,
                available_at=now,
                now=now,
            )
            await record(session, "erasure.again", now, actor="operator", request=str(request.id))
        return True
