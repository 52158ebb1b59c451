"""Rows to response bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from api.db.tables import Resume
from api.outcomes.repository import RecordedEvent
from api.outcomes.rules.events import (
    ACCEPTED,
    APPLIED,
    INTERVIEW,
    NO_ANSWER_YET,
    OFFER,
    REJECTED,
    WITHDRAWN,
    Event,
    time_zero,
)
from api.outcomes.schemas import OutcomeEventView, OutcomeResponse, OutcomeState

ANSWERS = (INTERVIEW, OFFER, ACCEPTED, REJECTED, WITHDRAWN)


def outcome_state(resume: Resume, state: dict[str, Event]) -> OutcomeState:
    """The state in force: from the events, and from the resume what no event says (a no, and the notes).

    Nothing here is checked again: it was when it was reported, and checking cost more than reading it.
    """

    def at(kind: str) -> Any:
        event = state.get(kind)
        return event.occurred_at if event else None

    def said(kind: str) -> bool | None:
        return True if kind in state else None

    offer = state.get(OFFER)
    pay = offer.pay if offer else None
    zero, source = time_zero(state, resume.first_downloaded_at, resume.created_at)
    return OutcomeState.model_construct(
        applied_at=at(APPLIED),
        interview_received=resume.interview_received,
        interview_received_at=at(INTERVIEW),
        job_offer_received=resume.job_offer_received,
        job_offer_received_at=at(OFFER),
        salary_offered=pay.amount if pay else None,
        salary_currency=pay.currency if pay else None,
        salary_period=cast("Any", pay.period) if pay else None,
        salary_basis=cast("Any", pay.basis) if pay else None,
        full_time_share=pay.full_time_share if pay else None,
        accepted=said(ACCEPTED),
        rejected=said(REJECTED),
        rejected_at=at(REJECTED),
        withdrawn=said(WITHDRAWN),
        withdrawn_at=at(WITHDRAWN),
        no_answer_yet=said(NO_ANSWER_YET) if not any(kind in state for kind in ANSWERS) else None,
        outcome_notes=resume.outcome_notes,
        outcome_reported_at=resume.outcome_reported_at,
        time_zero=zero,
        time_zero_source=cast("Any", source),
    )


def event_view(recorded: RecordedEvent) -> OutcomeEventView:
    """One event of the history."""
    event = recorded.event
    pay = event.pay
    return OutcomeEventView.model_construct(
        id=recorded.id,
        kind=event.kind,
        retracts=event.retracts,
        occurred_at=event.occurred_at,
        salary_amount=pay.amount if pay else None,
        salary_currency=pay.currency if pay else None,
        salary_period=cast("Any", pay.period) if pay else None,
        salary_basis=cast("Any", pay.basis) if pay else None,
        full_time_share=pay.full_time_share if pay else None,
        source=cast("Any", recorded.source),
        check_in_id=recorded.check_in_id,
        recorded_at=recorded.recorded_at,
    )


def outcome_response(resume: Resume, state: dict[str, Event], history: Sequence[RecordedEvent]) -> OutcomeResponse:
    """State and history."""
    return OutcomeResponse.model_construct(
        resume_id=resume.id, current=outcome_state(resume, state), history=[event_view(fact) for fact in history]
    )
