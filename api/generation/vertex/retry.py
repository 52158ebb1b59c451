"""When to try again, and after how long: the server's own delay first, jitter on top."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

RETRYABLE_CODES = frozenset({408, 429, 500, 502, 503, 504})
DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
FIRST_DELAY_SECONDS = 0.5
JITTER = 0.5


def server_delay(details: Any, headers: Mapping[str, str] | None) -> float | None:
    """Seconds the server asks us to stay away: RetryInfo in the error document, else the Retry-After header.

    `details` is the decoded error document, of any shape. None when it asks for nothing.
    """
    error = details.get("error", details) if isinstance(details, dict) else {}
    entries = error.get("details") if isinstance(error, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and str(entry.get("@type", "")).endswith("google.rpc.RetryInfo"):
            found = DURATION.fullmatch(str(entry.get("retryDelay", "")))
            if found:
                return float(found[1])
    header = {name.lower(): value for name, value in (headers or {}).items()}.get("retry-after", "")
    return float(header) if header.isdigit() else None


def delay_before_retry(asked: float | None, uniform: float) -> float:
    """Seconds to wait before the second try. `uniform` is a draw from [0, 1): jitter only ever lengthens the wait."""
    base = FIRST_DELAY_SECONDS if asked is None else asked
    return base * (1 + JITTER * uniform)
