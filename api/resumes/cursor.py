"""Opaque cursors for lists ordered by time and id."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import UTC, datetime

from api.errors import FieldProblem, InvalidInputError


def encode_cursor(moment: datetime, key: uuid.UUID) -> str:
    """The place after which the next page begins."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{key}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> tuple[datetime, uuid.UUID] | None:
    """The inverse. Raises InvalidInputError for anything that `encode_cursor` did not make."""
    if cursor is None:
        return None
    try:
        moment_text, key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        return datetime.fromisoformat(moment_text).astimezone(UTC), uuid.UUID(key)
    except (ValueError, binascii.Error, UnicodeError, OverflowError) as error:
        problem = FieldProblem("/cursor", "invalid_cursor", "Use the nextCursor of the previous page.")
        raise InvalidInputError("The cursor is not valid.", errors=(problem,)) from error
