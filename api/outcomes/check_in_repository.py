"""Queries of the check-in worker, over all people: it asks everybody, so no subject comes first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select, tablesample, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.db.base import new_id
from api.db.tables import CheckIn, OutcomeEvent, Resume, User
from api.outcomes.rules.events import ENDINGS

DAYS = (14, 30, 60, 90)
STALE_AFTER = timedelta(days=30)
RATIO_FROM, RATIO_UNTIL = timedelta(days=37), timedelta(days=7)
"""Check-ins sent in this window have had a week to be answered."""
RATIO_ROWS = 200_000
"""Of a larger table only as many rows are looked at: the ratio is for an alarm, not for a mart."""
RATIO_LEAST = 20
"""Of fewer check-ins nothing is said: it would be a person's answer, not a ratio."""


@dataclass(frozen=True, slots=True)
class Question:
    """A check-in with the application it asks about and the person it asks."""

    check_in: CheckIn
    resume: Resume
    user: User


def application_has_ended() -> ColumnElement[bool]:
    """True for a resume with a rejection, acceptance or withdrawal that was not taken back."""
    ending, later = aliased(OutcomeEvent), aliased(OutcomeEvent)
    taken_back = exists().where(
        later.resume_id == ending.resume_id, later.retracts == ending.kind, later.recorded_at > ending.recorded_at
    )
    return exists().where(ending.resume_id == Resume.id, ending.kind.in_(sorted(ENDINGS)), ~taken_back)


class CheckInRepository:
    """Reads and writes check-ins in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def resumes_without(self, limit: int) -> list[Resume]:
        """Applications of active people that have no check-ins yet."""
        statement = (
            select(Resume)
            .join(User, User.id == Resume.user_id)
            .where(User.access_ended_at.is_(None), ~exists().where(CheckIn.resume_id == Resume.id))
            .order_by(Resume.created_at, Resume.id)
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def create(self, zeros: Sequence[tuple[uuid.UUID, datetime]], now: datetime) -> None:
        """Four check-ins for each application, counted from its time zero."""
        rows = [
            {
                "id": new_id(),
                "resume_id": resume_id,
                "day": day,
                "due_at": zero + timedelta(days=day),
                "created_at": now,
            }
            for resume_id, zero in zeros
            for day in DAYS
        ]
        if rows:
            statement = insert(CheckIn).on_conflict_do_nothing(index_elements=["resume_id", "day"])
            await self._session.execute(statement, rows)

    async def to_ask(self, now: datetime, limit: int) -> list[Question]:
        """Check-ins to send now, locked: of one application only the latest that is due, and never an old one."""
        later = aliased(CheckIn)
        superseded = exists().where(later.resume_id == CheckIn.resume_id, later.day > CheckIn.day, later.due_at <= now)
        statement = (
            select(CheckIn, Resume, User)
            .join(Resume, Resume.id == CheckIn.resume_id)
            .join(User, User.id == Resume.user_id)
            .where(
                CheckIn.due_at <= now,
                CheckIn.due_at > now - STALE_AFTER,
                CheckIn.sent_at.is_(None),
                CheckIn.answered_at.is_(None),
                User.access_ended_at.is_(None),
                User.checkins_stopped_at.is_(None),
                ~superseded,
                ~application_has_ended(),
            )
            .order_by(CheckIn.due_at, CheckIn.id)
            .limit(limit)
            .with_for_update(of=CheckIn, skip_locked=True)
        )
        return [Question(*row) for row in await self._session.execute(statement)]

    async def response_ratio(self, now: datetime) -> float | None:
        """The share answered of the check-ins sent 7 to 37 days ago; None when there were too few to tell."""
        rows = await self._session.scalar(
            text("select reltuples from pg_class where oid = cast('cvstomize.check_ins' as regclass)")
        )
        share = min(100.0, 100.0 * RATIO_ROWS / max(float(rows or 0), 1.0))
        sampled = tablesample(CheckIn, func.system(share))
        row = (
            await self._session.execute(
                select(func.count(), func.count(sampled.c.answered_at)).where(
                    sampled.c.sent_at >= now - RATIO_FROM, sampled.c.sent_at < now - RATIO_UNTIL
                )
            )
        ).one()
        sent, answered = row
        return answered / sent if sent >= RATIO_LEAST else None

    async def move(self, resume_id: uuid.UUID, zero: datetime) -> None:
        """Count an application's unsent check-ins from another time zero."""
        statement = select(CheckIn).where(
            CheckIn.resume_id == resume_id, CheckIn.sent_at.is_(None), CheckIn.answered_at.is_(None)
        )
        for check_in in await self._session.scalars(statement):
            check_in.due_at = zero + timedelta(days=check_in.day)
        await self._session.flush()

    async def question(self, check_in_id: uuid.UUID, *, for_update: bool = False) -> Question | None:
        """A check-in by its signed link or message, unless access has ended; the resume is locked on request."""
        statement = (
            select(CheckIn, Resume, User)
            .join(Resume, Resume.id == CheckIn.resume_id)
            .join(User, User.id == Resume.user_id)
            .where(CheckIn.id == check_in_id, User.access_ended_at.is_(None))
        )
        if for_update:
            statement = statement.with_for_update(of=Resume)
        row = (await self._session.execute(statement)).first()
        return Question(*row) if row is not None else None

    async def stop(self, user_id: uuid.UUID, now: datetime) -> bool:
        """Ask this person nothing more. False when there is no such active person."""
        statement = (
            update(User)
            .where(User.id == user_id, User.access_ended_at.is_(None))
            .values(checkins_stopped_at=now)
            .returning(User.id)
        )
        return await self._session.scalar(statement) is not None
