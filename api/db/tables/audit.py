"""The log of what was done to people's data. Only added to."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, CreatedAt, Key


class AuditEntry(Base):
    """Who did what when. `audit_key` stands in the account and nowhere else, so an erasure makes the line anonymous."""

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("actor in ('person', 'service', 'operator')", name="actor_known"),
        Index("ix_audit_log_audit_key_recorded_at", "audit_key", "recorded_at"),
    )

    id: Mapped[Key]
    recorded_at: Mapped[CreatedAt]
    actor: Mapped[str]
    audit_key: Mapped[uuid.UUID | None]
    action: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
