"""What the product knows about a person and where it came from."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import SCHEMA, Base, CreatedAt, Key, exact_numbers, exact_times


class Upload(Base):
    """An original document, kept for 30 days under the person's prefix."""

    __tablename__ = "uploads"

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)
    object_name: Mapped[str]
    file_name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class ProfileImport(Base):
    """A draft read from a document, waiting for the person to confirm it."""

    __tablename__ = "profile_imports"
    __table_args__ = (CheckConstraint("status in ('draft', 'confirmed', 'discarded')", name="status_known"),)

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)
    upload_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(f"{SCHEMA}.uploads.id", ondelete="SET NULL"))
    source_kind: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    provenance: Mapped[list[Any]] = mapped_column(JSONB)
    unparsed: Mapped[list[Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(server_default="draft")
    created_at: Mapped[CreatedAt]


class ProfileRecord(Base):
    """The JSON Resume document with stable ids: the only source of facts."""

    __tablename__ = "profiles"

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), unique=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    revision: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[CreatedAt]


class PersonalityScore(Base):
    """One trait at one time. Append-only: the newest row per trait is in force."""

    __tablename__ = "personality_scores"
    __table_args__ = (
        CheckConstraint("score between 1 and 5", name="score_range"),
        CheckConstraint("source in ('self_report', 'edited')", name="source_known"),
        CheckConstraint(
            "trait in ('openness', 'conscientiousness', 'extraversion', 'agreeableness', 'neuroticism')",
            name="trait_known",
        ),
        Index("ix_personality_scores_user_id_trait_recorded_at", "user_id", "trait", "recorded_at"),
        *exact_times("recorded_at"),
        *exact_numbers("standard_error"),
    )

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"))
    trait: Mapped[str]
    score: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    standard_error: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    item_count: Mapped[int]
    source: Mapped[str]
    recorded_at: Mapped[CreatedAt]


class Conversation(Base):
    """One pass through the questions, resumable until completed."""

    __tablename__ = "conversations"
    __table_args__ = (CheckConstraint("status in ('open', 'completed')", name="status_known"),)

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)
    language: Mapped[str]
    question_set_version: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    created_at: Mapped[CreatedAt]
    completed_at: Mapped[datetime | None]


class ConversationAnswer(Base):
    """The current answer to one question. Raw answers never leave this table: no export, no prompt."""

    __tablename__ = "conversation_answers"
    __table_args__ = (UniqueConstraint("conversation_id", "question_id"),)

    id: Mapped[Key]
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.conversations.id", ondelete="CASCADE"))
    question_id: Mapped[str]
    answer_text: Mapped[str] = mapped_column(server_default="")
    item_scores: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    skipped: Mapped[bool] = mapped_column(server_default=text("false"))
    answered_at: Mapped[CreatedAt]
