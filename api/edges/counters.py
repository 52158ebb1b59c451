"""Where the `limits` library keeps its counts: in this process, or in the database for all processes."""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import datetime

from limits.aio.storage import Storage

from api.db.database import Database
from api.edges.counter_repository import CounterRepository

MAXIMUM_KEYS = 20_000
CLEANING_EVERY = 200


class ProcessCounters(Storage):
    """Counts of this process. The key not seen for longest is forgotten when there are too many.

    The library's own memory storage looks at every key with every hit and has no bound.
    """

    STORAGE_SCHEME = None

    def __init__(self, maximum: int = MAXIMUM_KEYS) -> None:
        super().__init__()
        self._maximum = maximum
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here can fail."""
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count and return the count; the window begins with its first hit."""
        now = time.time()
        hits, until = self._counts.pop(key, (0, 0.0))
        if until <= now:
            hits, until = 0, now + expiry
        self._counts[key] = (hits + amount, until)
        if len(self._counts) > self._maximum:
            self._counts.popitem(last=False)
        return hits + amount

    async def get(self, key: str) -> int:
        """The count of the current window."""
        hits, until = self._counts.get(key, (0, 0.0))
        return hits if until > time.time() else 0

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since the epoch."""
        _, until = self._counts.get(key, (0, 0.0))
        return max(until, time.time())

    async def check(self) -> bool:
        """Always there."""
        return True

    async def reset(self) -> int | None:
        """Forget everything."""
        count = len(self._counts)
        self._counts.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one key."""
        self._counts.pop(key, None)


class SharedCounters(Storage):
    """Counts in the database: they hold across workers and instances, for what is costly enough to pay a query."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._until_cleaning = CLEANING_EVERY

    @property
    def base_exceptions(self) -> type[Exception]:
        """Errors of the database keep their own classes."""
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count in a transaction of its own. Raises UnavailableError."""
        self._until_cleaning -= 1
        async with self._database.transaction() as session:
            repository = CounterRepository(session)
            if self._until_cleaning <= 0:
                self._until_cleaning = CLEANING_EVERY
                await repository.delete_expired()
            return await repository.add(key, amount, int(expiry))

    async def get(self, key: str) -> int:
        """The count of the current window."""
        hits, _ = await self._read(key)
        return hits

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since the epoch."""
        _, expires_at = await self._read(key)
        return expires_at.timestamp() if expires_at else time.time()

    async def check(self) -> bool:
        """Whether the database answers. Raises UnavailableError."""
        await self._database.ping()
        return True

    async def reset(self) -> int | None:
        """Not offered: one caller must not forget the counts of all."""
        raise NotImplementedError

    async def clear(self, key: str) -> None:
        """Forget one key."""
        async with self._database.transaction() as session:
            await CounterRepository(session).delete(key)

    async def _read(self, key: str) -> tuple[int, datetime | None]:
        async with self._database.transaction() as session:
            return await CounterRepository(session).read(key)
