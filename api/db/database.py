"""The engine and the unit of work: short transactions, each with a deadline the client enforces too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from api.db.url import sqlalchemy_url
from api.errors import ConflictError, UnavailableError

STATEMENT_TIMEOUT_MS = 3_000
POOL_WAIT_SECONDS = 1.0
LOCK_TIMEOUT_MS = 2_000
TRANSACTION_DEADLINE_SECONDS = 3.5
"""For waiting on the pool, connecting, all statements and the commit together."""
ABANDON_SECONDS = 0.5
"""What a cancelled statement may still take. A frozen server confirms nothing: the second cancellation, which comes
then, makes psycopg close the connection instead of waiting five seconds for a word."""

# Codes after which the same request may work a moment later (PostgreSQL appendix A).
RETRYABLE_STATES = frozenset({"57014", "55P03", "40001", "40P01", "57P01", "57P02", "57P03", "53300", "08006"})

PARENT_GONE = "23503"
"""A foreign key without its row. Ids of parents are read before, so only a deletion in between can cause it."""


class Database:
    """Hands out transactions. Made once per process and closed by the app's life span."""

    def __init__(self, url: str, *, pool_size: int = 5, pooler: bool = False) -> None:
        connect_args: dict[str, object] = {
            "connect_timeout": 3,
            "application_name": "cvstomize-api",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC"
            # Whatever the server's default: what was acknowledged outlives a crash.
            " -c idle_in_transaction_session_timeout=10000 -c synchronous_commit=on",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 4000,
        }
        if pooler:
            # A transaction pooler gives every transaction another server connection: no prepared statements.
            connect_args["prepare_threshold"] = None
        self._engine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            pool_pre_ping=True,
            pool_recycle=1_800,
            hide_parameters=True,
            connect_args=connect_args,
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        # The pool hands a connection to whoever asks when one comes back, not to who has waited longest: under load
        # some would wait past every deadline. This queue is first come, first served.
        self._places = asyncio.Semaphore(pool_size)
        self._limit = pool_size
        self._in_use = 0
        self._waiting = 0
        self.refusals = 0
        """Units of work that waited in vain for a connection, since the start of the process."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One unit of work: commits when the block ends, rolls back on any error.

        Raises UnavailableError when the database does not answer in time; the work is then not done.
        """
        try:
            async with (
                asyncio.timeout(TRANSACTION_DEADLINE_SECONDS + ABANDON_SECONDS),
                asyncio.timeout(TRANSACTION_DEADLINE_SECONDS),
                self._place(),
                self._sessions() as session,
                session.begin(),
            ):
                yield session
        except (TimeoutError, PoolTimeoutError, InterfaceError) as error:
            raise UnavailableError("The database did not answer in time. Try again shortly.") from error
        except OperationalError as error:
            raise UnavailableError("The database is not reachable. Try again shortly.") from error
        except DBAPIError as error:
            if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in RETRYABLE_STATES:
                raise UnavailableError("The database was busy. Try again shortly.") from error
            if getattr(error.orig, "sqlstate", None) == PARENT_GONE:
                # Also a person who erased the account while a resume was being written: nothing of it is kept.
                raise ConflictError(
                    "What this belongs to was deleted while the request was at work.", code="deleted_meanwhile"
                ) from error
            raise

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Wait for a connection to be free. Raises TimeoutError."""
        self._waiting += 1
        try:
            async with asyncio.timeout(POOL_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            self.refusals += 1
            raise
        finally:
            self._waiting -= 1
        self._in_use += 1
        try:
            yield
        finally:
            self._in_use -= 1
            self._places.release()

    def load(self) -> dict[str | None, float]:
        """Connections in use, units of work that wait for one, and how many there may be."""
        return {"in_use": self._in_use, "waiting": self._waiting, "limit": self._limit}

    async def ping(self) -> None:
        """Answer when the database does. Raises UnavailableError."""
        async with self.transaction() as session:
            await session.execute(text("select 1"))

    async def migration_head(self) -> str | None:
        """The revision the database is at, or None before the first migration. Raises UnavailableError."""
        async with self.transaction() as session:
            if await session.scalar(text("select to_regclass('cvstomize.alembic_version')")) is None:
                return None
            head = await session.scalar(text("select version_num from cvstomize.alembic_version"))
            return str(head) if head is not None else None

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
