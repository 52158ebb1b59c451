"""Canonical bytes: the same row always gives the same line, and a line never breaks in the middle.

Every character that some reader takes for a line end (U+2028, U+2029, U+0085, form feed and the like) is escaped,
which needs no special case: all of JSON is written in ASCII.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_line(row: dict[str, Any]) -> bytes:
    """One JSON object as one line with `\\n`: sorted keys, no spaces, ASCII only. Raises ValueError for NaN.

    A lone surrogate cannot be encoded in UTF-8 and so is no text: ValueError too.
    """
    text = json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    if has_lone_surrogate(row):
        raise ValueError("a text holds a lone surrogate")
    return text.encode("ascii") + b"\n"


def has_lone_surrogate(value: Any) -> bool:
    """Whether any text inside `value` cannot be encoded in UTF-8."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return True
        return False
    if isinstance(value, dict):
        return any(has_lone_surrogate(key) or has_lone_surrogate(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(has_lone_surrogate(item) for item in value)


def sha256_hex(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
