"""Outcome facts and what a history of them says now.

Of one kind the newest event holds; a newer `retracted` takes it back (the marts read history by the same rule).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

APPLIED, REJECTED, INTERVIEW, OFFER = "applied", "rejected", "interview", "offer"
ACCEPTED, WITHDRAWN, NO_ANSWER_YET, RETRACTED = "accepted", "withdrawn", "no_answer_yet", "retracted"

ENDINGS = frozenset({REJECTED, ACCEPTED, WITHDRAWN})
"""After one of these there is nothing left to ask about."""


@dataclass(frozen=True, slots=True)
class Pay:
    """What an offer pays. Every part but the amount may be unknown: the first front end sends the amount alone."""

    amount: Decimal
    currency: str | None = None
    period: str | None = None
    basis: str | None = None
    full_time_share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `occurred_at` is None when the person did not say when."""

    kind: str
    occurred_at: datetime | None = None
    pay: Pay | None = None
    retracts: str | None = None


def current_state(history: Iterable[Event]) -> dict[str, Event]:
    """The event in force per kind, from a history in the order it was recorded."""
    state: dict[str, Event] = {}
    for event in history:
        if event.kind == RETRACTED:
            state.pop(event.retracts or "", None)
        else:
            state[event.kind] = event
    return state


def has_ended(state: Mapping[str, Event]) -> bool:
    """Whether the application is over."""
    return not ENDINGS.isdisjoint(state)


def time_zero(
    state: Mapping[str, Event], first_downloaded_at: datetime | None, created_at: datetime
) -> tuple[datetime, str]:
    """When waiting began, and how we know: applied, else the first owner download, else creation (DESIGN D5)."""
    applied = state.get(APPLIED)
    if applied is not None and applied.occurred_at is not None:
        return applied.occurred_at, "applied"
    if first_downloaded_at is not None:
        return first_downloaded_at, "first_download"
    return created_at, "created"
