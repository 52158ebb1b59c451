"""Who a person is to us, what they agreed to, and the two tables that make work happen exactly once."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import SCHEMA, Base, CreatedAt, Key, exact_times

PURPOSES = ("product", "outcome_research", "training")


class User(Base):
    """An account. `person_key` is the pseudonym under which exports, marts and datasets know the person."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("auth_issuer", "auth_subject"),
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
        *exact_times("created_at", "access_ended_at"),
    )

    id: Mapped[Key]
    person_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    display_name: Mapped[str] = mapped_column(server_default="")
    auth_issuer: Mapped[str] = mapped_column(server_default="local")
    auth_subject: Mapped[str]
    password_hash: Mapped[str | None]
    audit_key: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    checkins_stopped_at: Mapped[datetime | None]
    access_ended_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Consent(Base):
    """One decision about one purpose. Append-only: the newest row per purpose is in force."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("purpose in ('product', 'outcome_research', 'training')", name="purpose_known"),
        Index("ix_consents_user_id_purpose_recorded_at", "user_id", "purpose", "recorded_at"),
        *exact_times("recorded_at"),
    )

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    granted: Mapped[bool]
    policy_version: Mapped[str]
    text_sha256: Mapped[str]
    recorded_at: Mapped[CreatedAt]


class IdempotencyKey(Base):
    """A POST that creates, remembered per person: the same key and body give the same answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("user_id", "operation", "key"),)

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"))
    operation: Mapped[str]
    key: Mapped[str]
    request_sha256: Mapped[str]
    response_status: Mapped[int | None]
    response_body: Mapped[bytes | None] = mapped_column(LargeBinary)
    leased_until: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class OutboxMessage(Base):
    """Work that must happen after a commit: mail, storage deletion, erasure steps. Drained by `cvstomize work`."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("deduplication_key"),
        Index("ix_outbox_due", "available_at", postgresql_where=text("done_at is null")),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    deduplication_key: Mapped[str]
    user_id: Mapped[uuid.UUID | None]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    available_at: Mapped[CreatedAt]
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error_code: Mapped[str | None]
    done_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class ErasureRequest(Base):
    """The progress of an erasure. Outlives the person's rows, so it names them by pseudonym and receipt only."""

    __tablename__ = "erasure_requests"
    __table_args__ = (
        CheckConstraint(
            "status in ('requested', 'operational_erased', 'erased', 'models_retired')", name="status_known"
        ),
    )

    id: Mapped[Key]
    person_key: Mapped[str]
    user_id: Mapped[uuid.UUID]
    receipt_sha256: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="requested")
    progress: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    requested_at: Mapped[CreatedAt]
    erased_at: Mapped[datetime | None]
    models_retired_at: Mapped[datetime | None]
