"""Records reports: the resume row is locked, so two reports at once both survive and merge in order."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.tables import CheckIn, Resume
from api.errors import InvalidInputError
from api.idempotency.service import run_in_transaction
from api.outcomes.repository import OutcomeRepository
from api.outcomes.rules.events import INTERVIEW, NO_ANSWER_YET, OFFER, Event, current_state, has_ended
from api.outcomes.rules.report import Report, plan_report
from api.outcomes.schemas import (
    CheckInList,
    CheckInView,
    EngagementResponse,
    OutcomeResponse,
    ReportOutcomeRequest,
    ReportOutcomeResponse,
)
from api.outcomes.thanks import THANKS
from api.outcomes.views import outcome_response
from api.resources import Resources
from api.resumes.repository import ResumeRepository

MAX_EVENTS = 500
MAX_DUE = 200
REPORT_FIELDS = frozenset(Report.__dataclass_fields__)


def as_report(body: ReportOutcomeRequest) -> Report:
    """The fields that were sent; all others stay unset."""
    return Report(**{name: getattr(body, name) for name in body.model_fields_set & REPORT_FIELDS})


class OutcomeService:
    """Outcome capture, its reading, and what is due."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def report(
        self, subject: Subject, resume_id: uuid.UUID, body: ReportOutcomeRequest, key: str | None
    ) -> Response:
        """Record a report. Raises InvalidInputError, field by field, when it makes no sense."""

        async def work(session: AsyncSession) -> ReportOutcomeResponse:
            resume = await ResumeRepository(session).get(subject, resume_id, for_update=True)
            check_in = None
            if body.check_in_id is not None:
                check_in = await OutcomeRepository(session).check_in(resume, body.check_in_id)
            thanks = await THANKS.thank(session, await OutcomeRepository(session).job_family(resume))
            response, recorded = await record_report(session, resume, body, self._resources.clock(), check_in)
            return ReportOutcomeResponse.model_construct(**dict(response), recorded_events=recorded, thank_you=thanks)

        return await run_in_transaction(
            self._resources, subject, "reportOutcome", key, (resume_id, body), work, status=200
        )

    async def outcome(self, subject: Subject, resume_id: uuid.UUID) -> OutcomeResponse:
        """Current state and history."""
        async with self._resources.database.transaction() as session:
            resume = await ResumeRepository(session).get(subject, resume_id)
            history = await OutcomeRepository(session).history(resume)
        return outcome_response(resume, current_state(fact.event for fact in history), history)

    async def engagement(self, subject: Subject, resume_id: uuid.UUID) -> EngagementResponse:
        """Counters. Reading them changes nothing."""
        async with self._resources.database.transaction() as session:
            resume = await ResumeRepository(session).get(subject, resume_id)
        return EngagementResponse(
            resume_id=resume.id,
            viewed_count=resume.viewed_count,
            last_viewed_at=resume.last_viewed_at,
            shared_count=resume.shared_count,
            downloaded_count=resume.downloaded_count,
            first_downloaded_at=resume.first_downloaded_at,
        )

    async def check_ins(self, subject: Subject) -> CheckInList:
        """What is due to be reported."""
        async with self._resources.database.transaction() as session:
            repository = OutcomeRepository(session)
            stopped = await repository.check_ins_stopped(subject)
            due = [] if stopped else await repository.due(subject, self._resources.clock(), MAX_DUE)
            histories = await repository.histories([resume.id for _, resume in due])
        items = [
            CheckInView(
                id=check_in.id, resume_id=resume.id, title=resume.title, day=check_in.day, due_at=check_in.due_at
            )
            for check_in, resume in due
            if not has_ended(current_state(histories[resume.id]))
        ]
        return CheckInList(stopped=stopped, items=items)


async def record_report(
    session: AsyncSession, resume: Resume, body: ReportOutcomeRequest, now: datetime, check_in: CheckIn | None
) -> tuple[OutcomeResponse, int]:
    """Merge a report into a locked resume; return the new state and how many events it added.

    Raises InvalidInputError, field by field.
    """
    repository = OutcomeRepository(session)
    history = await repository.history(resume)
    state = current_state(fact.event for fact in history)
    last_no_answer = max((fact.recorded_at for fact in history if fact.event.kind == NO_ANSWER_YET), default=None)
    plan = plan_report(state, as_report(body), now, last_no_answer)
    if plan.problems:
        count = len(plan.problems)
        detail = f"{count} field{'s make' if count > 1 else ' makes'} no sense with what is known; see errors."
        raise InvalidInputError(detail, errors=plan.problems)
    if len(history) + len(plan.events) > MAX_EVENTS:
        raise InvalidInputError(f"An application keeps at most {MAX_EVENTS} reports.", code="too_many_reports")
    # Never earlier than what is recorded, whichever machine's clock lags.
    recorded_at = max(now, history[-1].recorded_at + timedelta(microseconds=1)) if history else now
    recorded = await repository.append(resume, plan.events, recorded_at, check_in)
    history += recorded
    state = current_state(fact.event for fact in history)
    keep_current_state(resume, body, state, now, news=bool(recorded))
    await repository.answer_check_ins(resume, now)
    if check_in is not None and check_in.answered_at is None:
        check_in.answered_at = now
    await session.flush()
    return outcome_response(resume, state, history), len(recorded)


def keep_current_state(
    resume: Resume, body: ReportOutcomeRequest, state: dict[str, Event], now: datetime, *, news: bool
) -> None:
    """Keep the columns the first front end reads in step with the events, in the same transaction."""
    interview, offer = state.get(INTERVIEW), state.get(OFFER)
    pay = offer.pay if offer else None
    sent = body.model_fields_set
    resume.interview_received = _said(
        interview, body.interview_received if "interview_received" in sent else resume.interview_received
    )
    resume.job_offer_received = _said(
        offer, body.job_offer_received if "job_offer_received" in sent else resume.job_offer_received
    )
    resume.interview_received_at = interview.occurred_at if interview else None
    resume.job_offer_received_at = offer.occurred_at if offer else None
    resume.salary_offered = pay.amount if pay else None
    resume.salary_currency = pay.currency if pay else None
    resume.salary_period = pay.period if pay else None
    if "outcome_notes" in sent:
        resume.outcome_notes = body.outcome_notes
    if news or resume.outcome_reported_at is None:
        resume.outcome_reported_at = now


def _said(event: Event | None, otherwise: bool | None) -> bool | None:
    """Yes while an event says so; else the no that was reported, or nothing."""
    return True if event is not None else (False if otherwise is False else None)
