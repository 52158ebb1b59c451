"""The states of a tuning job as Google names them, and which of them are the end."""

from __future__ import annotations

SUCCEEDED = "JOB_STATE_SUCCEEDED"
CANCELLED = "JOB_STATE_CANCELLED"
CANCELLING = "JOB_STATE_CANCELLING"
ENDED = frozenset(
    {
        SUCCEEDED,
        "JOB_STATE_FAILED",
        CANCELLED,
        "JOB_STATE_EXPIRED",
        "JOB_STATE_PARTIALLY_SUCCEEDED",
        "JOB_STATE_PAUSED",
    }
)
"""The SDK's own `has_ended` misses the last two, and would poll them for ever."""
