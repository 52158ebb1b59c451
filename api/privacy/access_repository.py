"""Queries that gather everything about one person."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, inspect, select
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


TABLES: tuple[str, ...] = (
    User.__tablename__,
    *(model.__tablename__ for model in (*OWNED, *OF_RESUMES)),
    ConversationAnswer.__tablename__,
    AuditEntry.__tablename__,
)
NOT_INFORMATION = {
    "idempotency_keys": "answers of the last day, sealed; what they answered about is in its own table",
    "outbox": "work that waits, by ids; what it is about is in its own table",
    "erasure_requests": "there is none while somebody can ask",
    "deletions": "keys of rows that are gone",
}
"""Tables that name a person and are in no export, each with the reason."""


class AccessRepository:
    """Reads a person's rows in the caller's transaction, by key, so that any number can be read in pages."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def rows(self, subject: Subject, table: str, after: uuid.UUID, limit: int) -> list[Base]:
        """The next rows of a table of `TABLES`."""
        model, statement = _readable(subject)[table]
        return list(await self._session.scalars(statement.where(model.id > after).order_by(model.id).limit(limit)))

    async def uploads(self, subject: Subject, after: uuid.UUID, limit: int) -> list[Upload]:
        """The next originals."""
        statement = select(Upload).where(Upload.user_id == subject.user_id, Upload.id > after)
        return list(await self._session.scalars(statement.order_by(Upload.id).limit(limit)))

    async def resumes(self, subject: Subject, after: uuid.UUID, limit: int) -> list[Resume]:
        """The next resumes."""
        statement = readable_by(subject).where(Resume.id > after).order_by(Resume.id).limit(limit)
        return list(await self._session.scalars(statement))


def _readable(subject: Subject) -> dict[str, tuple[Any, Select[Any]]]:
    """The model of each table and the statement for what the subject may read of it."""
    owned = readable_by(subject).with_only_columns(Resume.id)
    conversations = select(Conversation.id).where(Conversation.user_id == subject.user_id)
    mine: dict[Any, Any] = {User: User.id == subject.user_id}
    mine |= {model: model.user_id == subject.user_id for model in OWNED}  # type: ignore[attr-defined]
    mine |= {model: model.resume_id.in_(owned) for model in OF_RESUMES}  # type: ignore[attr-defined]
    mine[ConversationAnswer] = ConversationAnswer.conversation_id.in_(conversations)
    mine[AuditEntry] = AuditEntry.audit_key == subject.audit_key
    return {model.__tablename__: (model, select(model).where(condition)) for model, condition in mine.items()}
