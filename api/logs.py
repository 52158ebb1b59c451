"""Structured logs by allow-list: a key that is not named here never reaches a log line."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED_KEYS = frozenset(
    {
        "event", "level", "timestamp", "method", "path_template", "status", "duration_ms", "request_id", "error_class",
        "error_code", "kind", "count", "provider", "model", "attempt", "reason_code", "port", "environment", "version",
        "setting", "pid", "seconds", "bytes", "pages", "template", "cache",
    }
)  # fmt: skip


def keep_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every key that is not on the list."""
    return {key: value for key, value in event.items() if key in ALLOWED_KEYS}


def configure(level: str) -> None:
    """One JSON object a line on standard output, as Cloud Run reads it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=False,
    )
