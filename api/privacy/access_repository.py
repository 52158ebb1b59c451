"""Queries that gather everything about one person."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import Base
from api.db.tables import (
    AuditEntry,
    CheckIn,
    Consent,
    Conversation,
    ConversationAnswer,
    FramingDraw,
    GenerationRun,
    Identity,
    JobAd,
    OutcomeEvent,
    PersonalityScore,
    ProfileImport,
    ProfileRecord,
    Resume,
    ResumeVersion,
    ShareLink,
    Upload,
    User,
    ViewEvent,
)
from api.resumes.repository import readable_by

MAX_ROWS = 20_000

# Secrets that let somebody in are not information about the person.
LEFT_OUT = frozenset({"password_hash", "token_sha256"})

OWNED: tuple[type[Base], ...] = (
    Identity,
    Consent,
    Upload,
    ProfileImport,
    ProfileRecord,
    PersonalityScore,
    Conversation,
    JobAd,
    FramingDraw,
    Resume,
    GenerationRun,
)
OF_RESUMES: tuple[type[Base], ...] = (ResumeVersion, OutcomeEvent, CheckIn, ShareLink, ViewEvent)


def plain(value: Any) -> Any:
    """A column's value as JSON can hold it, exactly."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    return value


def as_row(row: Base) -> dict[str, Any]:
    """All columns of a row but secrets."""
    columns = inspect(type(row)).columns
    return {column.key: plain(getattr(row, column.key)) for column in columns if column.key not in LEFT_OUT}


class AccessRepository:
    """Reads a person's rows in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def tables(self, subject: Subject) -> dict[str, list[dict[str, Any]]]:
        """Rows by table, without secrets; at most `MAX_ROWS` of each."""
        owned = readable_by(subject).with_only_columns(Resume.id)
        conversations = select(Conversation.id).where(Conversation.user_id == subject.user_id)
        statements: dict[str, Any] = {"users": select(User).where(User.id == subject.user_id)}
        for model in OWNED:
            statements[model.__tablename__] = select(model).where(model.user_id == subject.user_id)  # type: ignore[attr-defined]
        for model in OF_RESUMES:
            statements[model.__tablename__] = select(model).where(model.resume_id.in_(owned))  # type: ignore[attr-defined]
        statements["conversation_answers"] = select(ConversationAnswer).where(
            ConversationAnswer.conversation_id.in_(conversations)
        )
        statements["audit_log"] = select(AuditEntry).where(AuditEntry.audit_key == subject.audit_key)
        return {
            name: [as_row(row) for row in await self._session.scalars(statement.limit(MAX_ROWS))]
            for name, statement in statements.items()
        }
