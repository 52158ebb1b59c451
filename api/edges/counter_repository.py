"""Queries on the shared counters."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.db.tables import RequestCounter

CLEANED_AT_ONCE = 500


class CounterRepository:
    """Counts in the caller's transaction, by the clock of the database, which all processes share."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, key: str, amount: int, seconds: int) -> int:
        """Count and return the count; a window that is over begins anew."""
        counter, now = RequestCounter, func.now()
        fresh = now + timedelta(seconds=seconds)
        over = counter.expires_at <= now
        statement = insert(counter).values(key=key, hits=amount, expires_at=fresh)
        statement = statement.on_conflict_do_update(
            index_elements=[counter.key],
            set_={
                "hits": case((over, amount), else_=counter.hits + amount),
                "expires_at": case((over, fresh), else_=counter.expires_at),
            },
        )
        hits = await self._session.scalar(statement.returning(counter.hits))
        return int(hits or 0)

    async def read(self, key: str) -> tuple[int, datetime | None]:
        """The count of the current window and its end."""
        statement = select(RequestCounter.hits, RequestCounter.expires_at)
        row = (
            await self._session.execute(
                statement.where(RequestCounter.key == key, RequestCounter.expires_at > func.now())
            )
        ).first()
        return (row.hits, row.expires_at) if row else (0, None)

    async def delete(self, key: str) -> None:
        """Forget one key."""
        await self._session.execute(delete(RequestCounter).where(RequestCounter.key == key))

    async def delete_expired(self) -> None:
        """Forget windows that are over, a bounded number at a time and none that another process is counting in."""
        over = select(RequestCounter.key).where(RequestCounter.expires_at <= func.now())
        over = over.limit(CLEANED_AT_ONCE).with_for_update(skip_locked=True)
        await self._session.execute(delete(RequestCounter).where(RequestCounter.key.in_(over)))
