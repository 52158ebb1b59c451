"""Queries on outcome events and check-ins. Reads of a person's rows start from the resumes they may read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, Table, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import CheckIn, JobAd, OutcomeEvent, Resume, User
from api.errors import NotFoundError
from api.outcomes.rules.events import Event, Pay
from api.resumes.repository import readable_by

COUNT_DEADLINE = "500ms"

# Made once, and of columns: a report is the busiest write, and building expressions and an object for every event of a
# history was a good part of its time outside the database.
_EVENTS = cast("Table", OutcomeEvent.__table__)
_HISTORY = (
    select(_EVENTS).where(_EVENTS.c.resume_id == bindparam("of_resume")).order_by(_EVENTS.c.recorded_at, _EVENTS.c.id)
)
_RECORD = insert(_EVENTS)
_JOB_FAMILY = select(JobAd.job_family).where(JobAd.id == bindparam("of_job_ad"))
# On the table, not the class: no check-in that the session holds would have to be compared with the condition.
_CHECK_INS = cast("Table", CheckIn.__table__)
_ANSWER_DUE = (
    update(_CHECK_INS)
    .where(
        _CHECK_INS.c.resume_id == bindparam("of_resume"),
        _CHECK_INS.c.due_at <= bindparam("now"),
        _CHECK_INS.c.answered_at.is_(None),
    )
    .values(answered_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A fact as it was stored: what it says, when we learned it and how."""

    id: uuid.UUID
    event: Event
    source: str
    check_in_id: uuid.UUID | None
    recorded_at: datetime


def as_recorded(row: Row[Any]) -> RecordedEvent:
    """A stored row as the rules and the views know it."""
    pay = None
    if row.salary_amount is not None:
        pay = Pay(row.salary_amount, row.salary_currency, row.salary_period, row.salary_basis, row.full_time_share)
    event = Event(row.kind, row.occurred_at, pay, row.retracts)
    return RecordedEvent(row.id, event, row.source, row.check_in_id, row.recorded_at)


class OutcomeRepository:
    """Reads and writes events in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def history(self, resume: Resume) -> list[RecordedEvent]:
        """All events of a resume that was read for its owner, in the order they were recorded."""
        return [as_recorded(row) for row in await self._session.execute(_HISTORY, {"of_resume": resume.id})]

    async def append(
        self,
        resume: Resume,
        events: Sequence[Event],
        recorded_at: datetime,
        check_in: CheckIn | None,
    ) -> list[RecordedEvent]:
        """Record events one microsecond apart, so that their order is kept. The resume must be locked."""
        source, check_in_id = ("check_in", check_in.id) if check_in else ("report", None)
        recorded = [
            RecordedEvent(new_id(), event, source, check_in_id, recorded_at + timedelta(microseconds=number))
            for number, event in enumerate(events)
        ]
        if recorded:
            await self._session.execute(_RECORD, [_as_row(resume, fact) for fact in recorded])
        return recorded

    async def check_in(self, resume: Resume, check_in_id: uuid.UUID) -> CheckIn:
        """A check-in of this resume. Raises NotFoundError."""
        statement = select(CheckIn).where(CheckIn.id == check_in_id, CheckIn.resume_id == resume.id)
        found = await self._session.scalar(statement)
        if found is None:
            raise NotFoundError("There is no such check-in for this resume.")
        return found

    async def answer_check_ins(self, resume: Resume, now: datetime) -> None:
        """A report answers every check-in of the resume that is due."""
        await self._session.execute(_ANSWER_DUE, {"of_resume": resume.id, "now": now})

    async def due(self, subject: Subject, now: datetime, limit: int) -> list[tuple[CheckIn, Resume]]:
        """Unanswered check-ins of this person whose day has come; per resume only the latest one."""
        owned = readable_by(subject).subquery()
        statement = (
            select(CheckIn, Resume)
            .join(Resume, Resume.id == CheckIn.resume_id)
            .join(owned, owned.c.id == Resume.id)
            .where(CheckIn.due_at <= now, CheckIn.answered_at.is_(None))
            .distinct(CheckIn.resume_id)
            .order_by(CheckIn.resume_id, CheckIn.day.desc())
            .limit(limit)
        )
        rows = [(check_in, resume) for check_in, resume in await self._session.execute(statement)]
        return sorted(rows, key=lambda row: row[0].due_at)

    async def histories(self, resume_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Event]]:
        """Events of several resumes, in the order they were recorded."""
        statement = (
            select(_EVENTS).where(_EVENTS.c.resume_id.in_(resume_ids)).order_by(_EVENTS.c.recorded_at, _EVENTS.c.id)
        )
        found: dict[uuid.UUID, list[Event]] = {resume_id: [] for resume_id in resume_ids}
        for row in await self._session.execute(statement):
            found[row.resume_id].append(as_recorded(row).event)
        return found

    async def check_ins_stopped(self, subject: Subject) -> bool:
        """Whether this person wants no check-ins."""
        statement = select(User.checkins_stopped_at).where(User.id == subject.user_id)
        return await self._session.scalar(statement) is not None

    async def job_family(self, resume: Resume) -> str | None:
        """The job family of the ad a resume answers."""
        if resume.job_ad_id is None:
            return None
        family: str | None = await self._session.scalar(_JOB_FAMILY, {"of_job_ad": resume.job_ad_id})
        return family

    async def people_who_reported(self, job_family: str) -> int | None:
        """How many different people have reported an outcome in a job family, or None when that takes too long."""
        statement = (
            select(func.count(func.distinct(Resume.user_id)))
            .join(JobAd, JobAd.id == Resume.job_ad_id)
            .join(User, User.id == Resume.user_id)
            .where(
                JobAd.job_family == job_family,
                Resume.outcome_reported_at.is_not(None),
                User.access_ended_at.is_(None),
            )
        )
        try:
            # A savepoint: a count that takes too long is given up without the work around it.
            async with self._session.begin_nested():
                await self._session.execute(text(f"set local statement_timeout = '{COUNT_DEADLINE}'"))
                count = await self._session.scalar(statement)
                await self._session.execute(text("set local statement_timeout to default"))
        except DBAPIError:
            return None
        return count or 0


def _as_row(resume: Resume, recorded: RecordedEvent) -> dict[str, Any]:
    event, pay = recorded.event, recorded.event.pay
    return {
        "id": recorded.id,
        "resume_id": resume.id,
        "kind": event.kind,
        "retracts": event.retracts,
        "occurred_at": event.occurred_at,
        "salary_amount": pay.amount if pay else None,
        "salary_currency": pay.currency if pay else None,
        "salary_period": pay.period if pay else None,
        "salary_basis": pay.basis if pay else None,
        "full_time_share": pay.full_time_share if pay else None,
        "source": recorded.source,
        "check_in_id": recorded.check_in_id,
        "recorded_at": recorded.recorded_at,
    }
