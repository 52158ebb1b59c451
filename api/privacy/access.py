"""Everything we hold about a person, as a ZIP of JSON files and their PDFs."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import Base
from api.db.tables import (
    CheckIn,
    Consent,
    Conversation,
    ConversationAnswer,
    FramingDraw,
    GenerationRun,
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
from api.errors import DomainError
from api.profile.rules.json_resume import parse_profile
from api.resources import Resources
from api.resumes.downloads import render_request
from api.resumes.filenames import clean_name
from api.resumes.repository import ResumeRepository, readable_by

MAX_ROWS = 20_000
MAX_PDFS = 50

# Secrets that let somebody in are not information about the person.
LEFT_OUT = frozenset({"password_hash", "token_sha256"})

OWNED: tuple[type[Base], ...] = (
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

README = """All that CVstomize holds about you, as of the time in about.json.
Each table is a JSON file under tables/. The current PDF of each resume is under pdf/, up to 50 of them.
Left out: password and link secrets, which are kept only as hashes.
"""


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


class AccessService:
    """Gathers a person's data."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def export(self, subject: Subject) -> bytes:
        """The ZIP. Raises UnavailableError when the database does not answer in time."""
        async with self._resources.database.transaction() as session:
            tables = await self._tables(session, subject)
            documents = await self._documents(session, subject)
        about = {"generatedAt": self._resources.clock().isoformat(), "personKey": subject.person_key}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", README)
            archive.writestr("about.json", json.dumps(about, indent=2))
            for name, rows in tables.items():
                archive.writestr(f"tables/{name}.json", json.dumps(rows, ensure_ascii=False, indent=2))
            unavailable = []
            for name, user_id, request in documents:
                try:
                    pdf = await self._resources.pdfs.get(user_id, request)
                except DomainError:
                    unavailable.append(name)
                    continue
                archive.writestr(f"pdf/{name}", pdf.data)
            if unavailable:
                archive.writestr("pdf/NOT_INCLUDED.txt", "Could not be rendered now:\n" + "\n".join(unavailable))
        return buffer.getvalue()

    @staticmethod
    async def _tables(session: AsyncSession, subject: Subject) -> dict[str, list[dict[str, Any]]]:
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
        return {
            name: [as_row(row) for row in await session.scalars(statement.limit(MAX_ROWS))]
            for name, statement in statements.items()
        }

    @staticmethod
    async def _documents(session: AsyncSession, subject: Subject) -> list[tuple[str, uuid.UUID, Any]]:
        profile = await session.scalar(select(ProfileRecord).where(ProfileRecord.user_id == subject.user_id))
        if profile is None:
            return []
        contact = parse_profile(profile.document).profile.contact
        repository = ResumeRepository(session)
        documents = []
        for resume in await repository.page(subject, before=None, limit=MAX_PDFS):
            version = await repository.version(resume)
            # The id keeps two resumes of one title apart.
            name = f"{clean_name(resume.title)}-{resume.id}.pdf"
            documents.append((name, subject.user_id, render_request(resume, version, contact)))
        return documents
