"""Queries of an erasure, run as the eraser."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal_column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from api.db.base import SCHEMA, Base
from api.db.tables import ErasureRequest, OutboxMessage, User

# The request stays as the proof, under the pseudonym; the ledger of deleted keys tells every copy what to delete.
KEPT = frozenset({"erasure_requests", "deletions"})


class ErasureRepository:
    """Deletes a person in the caller's transaction, and looks whether anything is left."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def request(self, request_id: uuid.UUID) -> ErasureRequest | None:
        """An erasure request."""
        return await self._session.get(ErasureRequest, request_id)

    async def delete_person(self, user_id: uuid.UUID, *, handled_by: uuid.UUID) -> None:
        """Delete the account; every table that hangs on it follows by foreign key. Waiting work goes too."""
        await self._session.execute(delete(User).where(User.id == user_id))
        await self._session.execute(
            delete(OutboxMessage).where(OutboxMessage.user_id == user_id, OutboxMessage.id != handled_by)
        )

    async def merge_accounts(self, former: uuid.UUID, kept: uuid.UUID) -> None:
        """Move everything of one account to an older one and delete it. Raises DBAPIError when that is refused."""
        await self._session.execute(select(func.cvstomize.merge_accounts(former, kept)))

    async def residue(self, user_id: uuid.UUID, person_key: str, *, handled_by: uuid.UUID) -> list[str]:
        """Operational tables in which a row still names the person, by id or pseudonym, in any column.

        The message that is being handled is no residue: it forgets the person when it is done.
        """
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
            if name == "outbox":
                statement = statement.where(~row.contains(str(handled_by)))
            if await self._session.scalar(statement):
                found.append(name)
        return found

    async def mark_erased(self, request_id: uuid.UUID, progress: dict[str, Any]) -> None:
        """Move a request on, once nothing of the person is left in the operational stores."""
        request = await self._session.get_one(ErasureRequest, request_id, with_for_update=True)
        if request.status == "requested":
            request.status = "operational_erased"
            request.progress = {**request.progress, **progress}
            await self._session.flush()

    async def add_progress(self, request_id: uuid.UUID, progress: dict[str, Any]) -> None:
        """Note a finished step."""
        request = await self._session.get_one(ErasureRequest, request_id, with_for_update=True)
        request.progress = {**request.progress, **progress}
        await self._session.flush()
