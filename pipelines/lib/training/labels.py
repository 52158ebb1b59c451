"""What an application teaches: a positive, a negative, or nothing yet.

Positive: the outcome came by the horizon, whatever follows. Negative: it did not, and the person said so: a rejection
by the horizon, or "no answer yet" reported at the horizon or later. Everything else is unknown. Silence is not a no,
and a withdrawal before any answer ends the experiment without a result.
"""

from __future__ import annotations

from typing import Literal

from pipelines.lib.training.config import HORIZON_DAYS, Label
from pipelines.lib.training.example import TrainingExample

Outcome = Literal["positive", "negative", "unknown"]


def outcome_of(example: TrainingExample, label: Label) -> Outcome:
    """The label of one application. An event dated before time zero cannot be placed and makes the row unknown."""
    horizon = HORIZON_DAYS[label]
    event = example.interview_day if label == "interview" else example.offer_day
    if event is not None and event < 0:
        return "unknown"
    if event is not None and event <= horizon:
        return "positive"
    withdrawn = example.withdrawn_day if is_between(example.withdrawn_day, 0, horizon) else None
    if example.rejected_day is not None and is_between(example.rejected_day, 0, horizon):
        return "negative" if withdrawn is None or example.rejected_day <= withdrawn else "unknown"
    silent = example.no_answer_yet_day is not None and example.no_answer_yet_day >= horizon
    return "negative" if silent and withdrawn is None else "unknown"


def is_between(day: int | None, first: int, last: int) -> bool:
    """Whether `day` is known and within both bounds."""
    return day is not None and first <= day <= last
