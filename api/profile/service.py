"""The profile: what the product knows about a person, and how a document becomes a draft of it."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import asdict
from typing import Any

from fastapi import Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import ProfileImport, ProfileRecord
from api.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    PayloadTooLargeError,
    UnavailableError,
)
from api.idempotency.service import Recorder, run, run_in_transaction
from api.profile.importer import ImporterBusy, UnreadableDocument, parse_document_async
from api.profile.originals import Original, OriginalStore
from api.profile.pointers import identified_pointers
from api.profile.repository import ProfileRepository
from api.profile.rules.dates import tenure_months
from api.profile.rules.errors import InvalidProfile
from api.profile.rules.json_resume import ProfileParse, export_document, parse_profile
from api.profile.schemas import ConfirmImportRequest, DroppedField, ImportResponse, ProfileResponse, Provenance
from api.resources import Resources

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
BUSY_SECONDS = 5
"""When a client whose file found no free reader comes again: half of the longest a reading may take."""


def parse_or_refuse(document: object, previous: object = None) -> ProfileParse:
    """Read a document, or raise InvalidInputError with the reader's own problems."""
    try:
        return parse_profile(document, previous=previous)
    except InvalidProfile as error:
        fields = tuple(FieldProblem(p.pointer, p.code, p.message) for p in error.problems)
        raise InvalidInputError("The document cannot be a profile; see errors.", errors=fields) from error


class ProfileService:
    """Reads, replaces and imports the person's facts."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def get(self, subject: Subject) -> ProfileResponse:
        """The profile. Raises NotFoundError before anything was saved."""
        async with self._resources.database.transaction() as session:
            record = await ProfileRepository(session).find(subject)
        if record is None:
            raise NotFoundError("There is no profile yet. Send one with PUT /api/profile or import a document.")
        return self._response(record, parse_profile(record.document))

    async def put(self, subject: Subject, document: dict[str, Any]) -> ProfileResponse:
        """Replace the profile; parts that stay keep their ids. Raises InvalidInputError."""
        async with self._resources.database.transaction() as session:
            repository = ProfileRepository(session)
            existing = await repository.find(subject, for_update=True)
            parse = parse_or_refuse(document, existing.document if existing else None)
            record = await repository.save(subject, parse.document, self._resources.clock())
        return self._response(record, parse)

    async def import_document(self, subject: Subject, upload: UploadFile, key: str | None) -> Response:
        """Read an uploaded document into a draft. The original is kept only when the answer is a draft.

        Raises PayloadTooLargeError and InvalidInputError; nothing is stored then.
        """
        data = await upload.read(MAX_UPLOAD_BYTES + 1)
        if len(data) > MAX_UPLOAD_BYTES:
            raise PayloadTooLargeError("Send at most 10 MB.")
        original = Original(data, (upload.filename or "document")[:200], (upload.content_type or "")[:200])
        asked_for = (original.sha256, original.filename, original.content_type)

        async def work(recorder: Recorder) -> ImportResponse:
            return await self.read_into_draft(subject, original, recorder)

        return await run(self._resources, subject, "importProfile", key, asked_for, work)

    async def read_into_draft(self, subject: Subject, original: Original, recorder: Recorder) -> ImportResponse:
        """Read a document and store draft, original and answer.

        Raises InvalidInputError, ConflictError, and UnavailableError when no reader is free.
        """
        try:
            draft = await parse_document_async(original.data, original.filename, original.content_type)
        except UnreadableDocument as error:
            raise InvalidInputError(str(error), code=error.code) from error
        except ImporterBusy as error:
            raise UnavailableError(str(error), code="importer_busy", retry_after=BUSY_SECONDS) from error
        record = ProfileImport(
            id=new_id(),
            user_id=subject.user_id,
            source_kind=draft.source_kind,
            document=draft.document,
            provenance=[asdict(entry) for entry in draft.provenance],
            unparsed=list(draft.unparsed),
            status="draft",
        )
        response = self._import_response(record, draft.warnings)
        originals = OriginalStore(self._resources)
        stored = await originals.put(subject, original)
        try:
            async with self._resources.database.transaction() as session:
                if stored is not None:
                    await originals.keep(session, stored)
                    record.upload_id = stored.id
                await ProfileRepository(session).add_import(record)
                await recorder.record(session, response, 201)
        except BaseException:
            # Also when the request is cancelled, or its key has passed to another request.
            if stored is not None:
                await asyncio.shield(originals.discard(stored))
            raise
        return response

    async def confirm_import(
        self, subject: Subject, import_id: uuid.UUID, body: ConfirmImportRequest, key: str | None
    ) -> Response:
        """Make a draft the profile. Confirming again gives the profile; a discarded draft raises ConflictError."""

        async def work(session: AsyncSession) -> ProfileResponse:
            repository = ProfileRepository(session)
            draft = await repository.get_import(subject, import_id)
            if draft.status == "discarded":
                raise ConflictError("This draft was discarded. Import the document again.")
            existing = await repository.find(subject, for_update=True)
            if draft.status == "confirmed" and existing is not None:
                return self._response(existing, parse_profile(existing.document))
            document = body.document.root if body.document else draft.document
            parse = parse_or_refuse(document, existing.document if existing else None)
            draft.status = "confirmed"
            record = await repository.save(subject, parse.document, self._resources.clock())
            return self._response(record, parse)

        return await run_in_transaction(
            self._resources, subject, "confirmProfileImport", key, (import_id, body), work, status=200
        )

    async def get_import(self, subject: Subject, import_id: uuid.UUID) -> ImportResponse:
        """A draft as it was read. Raises NotFoundError."""
        async with self._resources.database.transaction() as session:
            record = await ProfileRepository(session).get_import(subject, import_id)
        return self._import_response(record, ())

    def _response(self, record: ProfileRecord, parse: ProfileParse) -> ProfileResponse:
        return ProfileResponse(
            document=export_document(record.document),
            ids=identified_pointers(record.document),
            revision=record.revision,
            updated_at=record.updated_at,
            tenure_months=tenure_months(parse.profile.roles, self._resources.clock().date()),
            dropped=[DroppedField(pointer=d.pointer, code=d.code, reason=d.reason) for d in parse.dropped],
        )

    @staticmethod
    def _import_response(record: ProfileImport, warnings: tuple[str, ...]) -> ImportResponse:
        return ImportResponse(
            id=record.id,
            status=record.status,
            source_kind=record.source_kind,
            document=export_document(record.document),
            provenance=[Provenance(**entry) for entry in record.provenance],
            unparsed=record.unparsed,
            warnings=list(warnings),
        )
