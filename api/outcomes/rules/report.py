"""From a partial report to the events it adds: merging, taking back, and refusing nonsense field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final

from api.errors import FieldProblem
from api.outcomes.rules.events import (
    ACCEPTED,
    APPLIED,
    INTERVIEW,
    NO_ANSWER_YET,
    OFFER,
    REJECTED,
    RETRACTED,
    WITHDRAWN,
    Event,
    Pay,
    has_ended,
)

CLOCK_SKEW = timedelta(minutes=5)
"""A phone's clock may run this far ahead of ours before its `now` counts as the future."""
SAME_NEWS = timedelta(hours=24)
"""Within a day, "no answer yet" is one piece of news; a week later it is another."""


class Unset(Enum):
    """A field that was not sent, as opposed to one sent as null."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Report:
    """What a person sent. UNSET leaves a fact as it is, None takes it back."""

    applied_at: datetime | Unset | None = UNSET
    rejected_at: datetime | Unset | None = UNSET
    withdrawn_at: datetime | Unset | None = UNSET
    interview_received: bool | Unset | None = UNSET
    interview_received_at: datetime | Unset | None = UNSET
    job_offer_received: bool | Unset | None = UNSET
    job_offer_received_at: datetime | Unset | None = UNSET
    salary_offered: Decimal | Unset | None = UNSET
    salary_currency: str | Unset | None = UNSET
    salary_period: str | Unset | None = UNSET
    salary_basis: str | Unset | None = UNSET
    full_time_share: Decimal | Unset | None = UNSET
    accepted: bool | Unset | None = UNSET
    rejected: bool | Unset | None = UNSET
    withdrawn: bool | Unset | None = UNSET
    no_answer_yet: bool | Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class Plan:
    """The events a report adds, in order, or the reasons why it adds none."""

    events: tuple[Event, ...]
    problems: tuple[FieldProblem, ...]


DATED = (
    (REJECTED, "rejected", "rejected_at", "/rejected", "/rejectedAt"),
    (WITHDRAWN, "withdrawn", "withdrawn_at", "/withdrawn", "/withdrawnAt"),
    (INTERVIEW, "interview_received", "interview_received_at", "/interviewReceived", "/interviewReceivedAt"),
    (OFFER, "job_offer_received", "job_offer_received_at", "/jobOfferReceived", "/jobOfferReceivedAt"),
)
PAY_FIELDS = (
    ("salary_currency", "currency", "/salaryCurrency"),
    ("salary_period", "period", "/salaryPeriod"),
    ("salary_basis", "basis", "/salaryBasis"),
    ("full_time_share", "full_time_share", "/fullTimeShare"),
)


def plan_report(state: Mapping[str, Event], report: Report, now: datetime, last_no_answer: datetime | None) -> Plan:
    """Merge a report into the current state.

    `last_no_answer` is when "no answer yet" was last recorded. A report that changes nothing plans no event.
    """
    problems = list(_contradictions(report))
    wanted = dict(state)
    _merge_applied(wanted, report)
    for kind, said, at, said_pointer, at_pointer in DATED:
        _merge_dated(wanted, kind, getattr(report, said), getattr(report, at), said_pointer, at_pointer, problems)
    _merge_pay(wanted, report, problems)
    _merge_accepted(wanted, report, now, problems)
    problems += _time_problems(wanted, report, now)
    if problems:
        return Plan((), tuple(problems))
    return Plan((*_difference(state, wanted), *_no_answer(state, wanted, report, now, last_no_answer)), ())


def _contradictions(report: Report) -> Iterator[FieldProblem]:
    if report.no_answer_yet is True:
        answers = (report.interview_received, report.job_offer_received, report.rejected, report.accepted)
        dates = (report.interview_received_at, report.job_offer_received_at, report.rejected_at)
        if True in answers or any(isinstance(date, datetime) for date in dates):
            yield FieldProblem("/noAnswerYet", "contradicts", "An answer and no answer cannot both be reported.")
    if report.accepted is True and (report.rejected is True or isinstance(report.rejected_at, datetime)):
        yield FieldProblem("/accepted", "contradicts", "An offer cannot be accepted in a report of a rejection.")


def _merge_applied(wanted: dict[str, Event], report: Report) -> None:
    if isinstance(report.applied_at, datetime):
        wanted[APPLIED] = Event(APPLIED, report.applied_at)
    elif report.applied_at is None:
        wanted.pop(APPLIED, None)


def _merge_dated(
    wanted: dict[str, Event],
    kind: str,
    said: bool | Unset | None,
    at: datetime | Unset | None,
    said_pointer: str,
    at_pointer: str,
    problems: list[FieldProblem],
) -> None:
    if said is False or said is None:
        if isinstance(at, datetime):
            field, sent = at_pointer.removeprefix("/"), "false" if said is False else "null"
            message = f"Leave {field} out: {said_pointer.removeprefix('/')} is {sent}."
            problems.append(FieldProblem(at_pointer, "contradicts", message))
        wanted.pop(kind, None)
    elif isinstance(at, datetime):
        wanted[kind] = replace(wanted.get(kind, Event(kind)), occurred_at=at)
    elif said is True:
        current = wanted.get(kind, Event(kind))
        wanted[kind] = replace(current, occurred_at=None) if at is None else current
    elif at is None and kind in wanted:
        # Only the date was sent. For interview and offer the fact stays without it; a rejection or withdrawal
        # without a boolean beside it is reported by its date alone, so that goes.
        if kind in {REJECTED, WITHDRAWN}:
            wanted.pop(kind)
        else:
            wanted[kind] = replace(wanted[kind], occurred_at=None)


def _merge_pay(wanted: dict[str, Event], report: Report, problems: list[FieldProblem]) -> None:
    offer = wanted.get(OFFER)
    if isinstance(report.salary_offered, Decimal) and offer is None:
        if report.job_offer_received is not UNSET:
            message = "Leave the salary out, or report the offer: jobOfferReceived is not true."
            problems.append(FieldProblem("/salaryOffered", "contradicts", message))
            return
        offer = Event(OFFER)  # who names a salary names an offer
    pay = offer.pay if offer else None
    if isinstance(report.salary_offered, Decimal):
        pay = replace(pay, amount=report.salary_offered) if pay else Pay(report.salary_offered)
    elif report.salary_offered is None:
        pay = None
    for field, part, pointer in PAY_FIELDS:
        value = getattr(report, field)
        if value is UNSET:
            continue
        if pay is not None:
            pay = replace(pay, **{part: value})
        elif value is not None:
            problems.append(FieldProblem(pointer, "salary_missing", "Send salaryOffered with it."))
    if offer is not None:
        wanted[OFFER] = replace(offer, pay=pay)


def _merge_accepted(wanted: dict[str, Event], report: Report, now: datetime, problems: list[FieldProblem]) -> None:
    if report.accepted is True:
        if OFFER not in wanted:
            problems.append(FieldProblem("/accepted", "offer_missing", "Report the offer first: jobOfferReceived."))
        wanted.setdefault(ACCEPTED, Event(ACCEPTED, now))
    elif report.accepted is False or report.accepted is None:
        wanted.pop(ACCEPTED, None)
    elif OFFER not in wanted:
        wanted.pop(ACCEPTED, None)  # the offer was taken back, and what hangs on it with it


def _time_problems(wanted: Mapping[str, Event], report: Report, now: datetime) -> Iterator[FieldProblem]:
    sent = {
        APPLIED: ("/appliedAt", report.applied_at),
        **{kind: (pointer, getattr(report, at)) for kind, _, at, _, pointer in DATED},
    }
    for pointer, at in sent.values():
        if isinstance(at, datetime) and at > now + CLOCK_SKEW:
            yield FieldProblem(pointer, "in_the_future", "Report what has happened: this time is still to come.")
    applied = wanted.get(APPLIED)
    if applied is None or applied.occurred_at is None:
        return
    for kind, (pointer, at) in sent.items():
        later = wanted.get(kind)
        if kind == APPLIED or later is None or later.occurred_at is None or later.occurred_at >= applied.occurred_at:
            continue
        if isinstance(at, datetime):
            yield FieldProblem(pointer, "before_application", "This is before the application.")
        elif isinstance(report.applied_at, datetime):
            yield FieldProblem("/appliedAt", "after_outcome", f"The {kind} on record is before this application.")


def _difference(state: Mapping[str, Event], wanted: Mapping[str, Event]) -> Iterator[Event]:
    for kind in (APPLIED, INTERVIEW, OFFER, ACCEPTED, REJECTED, WITHDRAWN):
        before, after = state.get(kind), wanted.get(kind)
        if before == after:
            continue
        yield after if after is not None else Event(RETRACTED, retracts=kind)


def _no_answer(
    state: Mapping[str, Event],
    wanted: Mapping[str, Event],
    report: Report,
    now: datetime,
    last_recorded: datetime | None,
) -> Iterator[Event]:
    if report.no_answer_yet is None and NO_ANSWER_YET in state:
        yield Event(RETRACTED, retracts=NO_ANSWER_YET)
        return
    # "No interview" from somebody whose application is open is news too: without it they would count as silent.
    open_no = report.interview_received is False and not has_ended(wanted)
    is_news = NO_ANSWER_YET not in state or last_recorded is None or now - last_recorded >= SAME_NEWS
    if (report.no_answer_yet is True or (open_no and OFFER not in wanted)) and is_news:
        yield Event(NO_ANSWER_YET, now)
