"""The person a request acts for. Every read of an owned object starts from one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """A signed-in person: the account, the pseudonym that exports know, and the key that the audit log knows."""

    user_id: uuid.UUID
    person_key: str
    audit_key: uuid.UUID | None = None
