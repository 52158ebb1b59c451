"""When something that Vertex refused is tried again: after a pause that doubles, up to a bound. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

MAX_ATTEMPTS = 24
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)

Note = dict[str, Any]
"""Attempts, the last error and the time of the next attempt, as kept beside a model or a run."""


def refused_note(note: Mapping[str, Any], error: str, now: datetime, *, under_way: bool) -> Note:
    """The note after one more attempt that failed; what is `under_way` is looked at again after the first pause."""
    attempts = int(note.get("attempts", 0)) + 1
    pause = FIRST_PAUSE if under_way else min(FIRST_PAUSE * 2 ** min(attempts - 1, MAX_ATTEMPTS), LONGEST_PAUSE)
    return {**note, "attempts": attempts, "error": error, "nextAttemptAt": (now + pause).isoformat()}


def attempt_is_due(note: Mapping[str, Any], now: datetime) -> bool:
    """Whether the next attempt may start: its pause is over and attempts are left."""
    after = note.get("nextAttemptAt")
    return not used_up(note) and (after is None or datetime.fromisoformat(after) <= now)


def used_up(note: Mapping[str, Any]) -> bool:
    """Whether no attempt is left, so that a person has to look."""
    return int(note.get("attempts", 0)) >= MAX_ATTEMPTS
