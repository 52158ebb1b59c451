"""Bodies of outcome reports, check-ins and engagement."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from api.outcomes.rules.currencies import known_currencies
from api.wire import Instant, StrictWireModel, WireModel

Period = Literal["year", "month", "week", "day", "hour"]
Basis = Literal["gross", "net"]

# At most 14 digits, so that a JSON number carries it exactly.
MoneyOut = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


_SEPARATED = re.compile(r"[\d.]*[,'’ \u00a0][\d.,'’ \u00a0]*|\d{1,3}(?:\.\d{3})+")


def _not_a_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "Send a number.")
    return value


MoneyIn = Annotated[Decimal, BeforeValidator(_not_a_boolean)]


def _no_separators(value: object) -> object:
    """Text may be in the way of writing of any country: "85.000" is eighty-five thousand to most who would send it."""
    if isinstance(value, str) and _SEPARATED.fullmatch(value.strip()):
        raise PydanticCustomError(
            "decimal_parsing", "Send a plain number such as 85000 or 85000.50, without separators."
        )
    return value


PayIn = Annotated[MoneyIn, BeforeValidator(_no_separators)]


def _known_currency(code: str) -> str:
    if code not in known_currencies():
        raise PydanticCustomError("unknown_currency", "Send a currency code of ISO 4217, such as EUR.")
    return code


Currency = Annotated[str, StringConstraints(to_upper=True, max_length=10), AfterValidator(_known_currency)]


class ReportOutcomeRequest(StrictWireModel):
    """What happened, as far as it is known. Fields left out stay as they are; null takes a value back."""

    interview_received: StrictBool | None = Field(None, examples=[True])
    interview_received_at: Instant | None = Field(None, examples=["2026-03-02T09:00:00Z"])
    job_offer_received: StrictBool | None = Field(None, examples=[True])
    job_offer_received_at: Instant | None = Field(None, examples=["2026-03-20T09:00:00Z"])
    salary_offered: PayIn | None = Field(None, gt=0, max_digits=14, decimal_places=2, examples=[85000])
    salary_currency: Currency | None = Field(None, examples=["USD"])
    salary_period: Period | None = Field(None, examples=["year"])
    salary_basis: Basis | None = Field(None, examples=["gross"])
    full_time_share: MoneyIn | None = Field(None, gt=0, le=1, max_digits=4, decimal_places=3, examples=[1])
    applied_at: Instant | None = Field(None, examples=["2026-02-20T09:00:00Z"])
    rejected: StrictBool | None = None
    rejected_at: Instant | None = None
    withdrawn: StrictBool | None = None
    withdrawn_at: Instant | None = None
    accepted: StrictBool | None = None
    no_answer_yet: StrictBool | None = None
    outcome_notes: str | None = Field(
        None, max_length=4000, description="Only you can read this; it is never exported."
    )
    check_in_id: uuid.UUID | None = Field(None, description="The check-in this answers, from GET /api/checkins.")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set - {"check_in_id"}:
            raise PydanticCustomError("empty_report", "Report at least one field.")
        return self


class OutcomeState(WireModel):
    """What is known now. A null boolean means that nobody has said."""

    applied_at: Instant | None
    interview_received: bool | None
    interview_received_at: Instant | None
    job_offer_received: bool | None
    job_offer_received_at: Instant | None
    salary_offered: MoneyOut | None
    salary_currency: str | None
    salary_period: Period | None
    salary_basis: Basis | None
    full_time_share: MoneyOut | None
    accepted: bool | None
    rejected: bool | None
    rejected_at: Instant | None
    withdrawn: bool | None
    withdrawn_at: Instant | None
    no_answer_yet: bool | None
    outcome_notes: str | None
    outcome_reported_at: Instant | None
    time_zero: Instant
    time_zero_source: Literal["applied", "first_download", "created"]


class OutcomeEventView(WireModel):
    """One recorded fact. `occurredAt` is when it happened, `recordedAt` when it was reported."""

    id: uuid.UUID
    kind: str
    retracts: str | None
    occurred_at: Instant | None
    salary_amount: MoneyOut | None
    salary_currency: str | None
    salary_period: Period | None
    salary_basis: Basis | None
    full_time_share: MoneyOut | None
    source: Literal["report", "check_in"]
    check_in_id: uuid.UUID | None
    recorded_at: Instant


class OutcomeResponse(WireModel):
    """The current state of an application and every fact behind it, oldest first."""

    resume_id: uuid.UUID
    current: OutcomeState
    history: list[OutcomeEventView]


class ThankYou(WireModel):
    """What the report adds. `people` is a multiple of five, or null below the publication limit."""

    message: str
    job_family: str | None
    people: int | None


class ReportOutcomeResponse(OutcomeResponse):
    """The state after a report. `recordedEvents` is 0 when the report said nothing new."""

    recorded_events: int
    thank_you: ThankYou


class EngagementResponse(WireModel):
    """Counters of one resume. Views are by others, downloads by the owner."""

    resume_id: uuid.UUID
    viewed_count: int
    last_viewed_at: Instant | None
    shared_count: int
    downloaded_count: int
    first_downloaded_at: Instant | None


class CheckInView(WireModel):
    """A question that is due: what became of this application? Answer with POST report-outcome and its id."""

    id: uuid.UUID
    resume_id: uuid.UUID
    title: str
    day: int
    due_at: Instant


class CheckInList(WireModel):
    """Due check-ins, the longest waiting first. `stopped` when the person wants none."""

    stopped: bool
    items: list[CheckInView]
