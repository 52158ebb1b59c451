"""Adds lines to the audit log, in the transaction that does what they tell.

A line names a person by `audit_key` alone and holds no text a person wrote, no address and no id of an object, so
that it can stay when the person goes.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from api.db.base import new_id
from api.db.tables import AuditEntry

Actor = Literal["person", "service", "operator"]
Action = Literal[
    "account.registered",
    "account.signed_in",
    "account.sign_in_failed",
    "account.identity_added",
    "account.mail_changed",
    "account.merged",
    "consent.changed",
    "data.exported",
    "share.created",
    "share.closed",
    "erasure.requested",
    "erasure.run",
    "erasure.again",
    "erasure.operational_data_deleted",
]


async def record(
    session: AsyncSession,
    action: Action,
    now: datetime,
    *,
    actor: Actor = "person",
    audit_key: uuid.UUID | None = None,
    **details: str | int | bool,
) -> None:
    """Write one line in the caller's transaction. `details` are closed values, such as a purpose or a version."""
    session.add(
        AuditEntry(id=new_id(), recorded_at=now, actor=actor, audit_key=audit_key, action=action, details=details)
    )
    await session.flush()
