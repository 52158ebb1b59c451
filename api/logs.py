"""Structured logs by allow-list: a key that is not named here never reaches a log line.

What libraries log through the standard library comes out in the same form: the logger's name and the class of the
error. Their messages can hold a query, a URL or a value, so only the server's own constant texts are kept.
"""

from __future__ import annotations

import contextlib
import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED_KEYS = frozenset(
    {
        "event", "level", "timestamp", "method", "path_template", "status", "duration_ms", "request_id", "error_class",
        "error_code", "kind", "count", "provider", "model", "attempt", "reason_code", "port", "environment", "version",
        "setting", "pid", "seconds", "bytes", "pages", "template", "cache", "logger",
    }
)  # fmt: skip
CONSTANT_TEXTS = ("uvicorn",)
"""Loggers whose format strings are constants; their arguments are dropped all the same."""


def keep_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every key that is not on the list."""
    return {key: value for key, value in event.items() if key in ALLOWED_KEYS}


class LibraryLogs(logging.Handler):
    """Turns a library's record into one of our lines, without its message."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line. A library must not fail because it logs."""
        constant = record.name.partition(".")[0] in CONSTANT_TEXTS and isinstance(record.msg, str)
        error = record.exc_info[0] if record.exc_info else None
        known = logging.getLevelNamesMapping().values()
        with contextlib.suppress(Exception):
            structlog.get_logger().log(
                record.levelno if record.levelno in known else logging.INFO,
                record.msg.strip() if constant else "library",
                logger=record.name,
                error_class=error.__name__ if error else None,
            )


def configure(level: str) -> None:
    """One JSON object a line on standard output, as Cloud Run reads it."""
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, LibraryLogs) for handler in root.handlers):
        root.addHandler(LibraryLogs())
    root.setLevel(max(number, logging.WARNING))
    # Not by the root's level: with INFO there, SQLAlchemy would log every statement.
    logging.getLogger("uvicorn").setLevel(max(number, logging.INFO))
