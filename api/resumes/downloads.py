"""The document in the formats that people send: PDF, DOCX, Markdown, JSON Resume."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, replace
from typing import Literal

from api.auth.subject import Subject
from api.db.database import Database
from api.db.tables import ProfileRecord, Resume, ResumeVersion
from api.errors import ConflictError
from api.profile.repository import ProfileRepository
from api.profile.rules.json_resume import parse_profile
from api.profile.rules.profile import Contact
from api.resources import Resources
from api.resumes.filenames import content_disposition
from api.resumes.markdown import with_contact
from api.resumes.pdf import PDF_TYPE, domain_error, render_contact
from api.resumes.repository import ResumeRepository
from api.resumes.reworded import reworded_document
from renderer import RenderError, RenderRequest

Format = Literal["pdf", "md", "json", "docx"]
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Download:
    """A finished file with its headers."""

    data: bytes
    media_type: str
    headers: dict[str, str]


class DownloadService:
    """Makes downloads for the owner and, through a share link, the PDF for others."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def for_owner(
        self,
        subject: Subject,
        resume_id: uuid.UUID,
        *,
        file_format: Format,
        template: Literal["classic", "modern", "minimal"] | None,
        page_size: Literal["A4", "Letter"] | None,
        count: bool,
    ) -> Download:
        """The file, counted as a download unless it is only asked about. Raises a DomainError."""
        resume, version, record = await stored_document(self._resources.database, subject, resume_id)
        if record is None:
            raise ConflictError("The profile of this resume is gone; nobody's name could stand on it.")
        contact = parse_profile(record.document).profile.contact
        request = render_request(resume, version, contact)
        request = replace(request, template=template or request.template, page_size=page_size or request.page_size)
        download = await self._make(resume, request, file_format, record.document, version)
        if count:
            async with self._resources.database.transaction() as session:
                await ResumeRepository(session).count_download(resume_id, self._resources.clock())
        return download

    async def _make(
        self,
        resume: Resume,
        request: RenderRequest,
        file_format: Format,
        document: dict[str, object],
        version: ResumeVersion,
    ) -> Download:
        headers = {"Content-Disposition": content_disposition(resume.title, file_format)}
        if file_format == "pdf":
            pdf = await self._resources.pdfs.get(resume.user_id, request)
            return Download(pdf.data, PDF_TYPE, {**headers, "ETag": f'"{pdf.content_hash}"', "X-Cache": pdf.cache})
        if file_format == "docx":
            # Imported on first use: it brings an XML library that most processes never need.
            from renderer.docx import render_docx

            try:
                return Download(await asyncio.to_thread(render_docx, request), DOCX_TYPE, headers)
            except RenderError as error:
                raise domain_error(error) from error
        if file_format == "md":
            text = with_contact(request.markdown, request.contact)
            return Download(text.encode(), "text/markdown; charset=utf-8", headers)
        reworded = reworded_document(document, version.content)
        return Download(json.dumps(reworded, ensure_ascii=False, indent=2).encode(), "application/json", headers)


async def stored_document(
    database: Database, subject: Subject, resume_id: uuid.UUID
) -> tuple[Resume, ResumeVersion, ProfileRecord | None]:
    """A resume, its current version and the owner's profile, all that a page is made of. Raises NotFoundError."""
    async with database.transaction() as session:
        repository = ResumeRepository(session)
        resume = await repository.get(subject, resume_id)
        return resume, await repository.version(resume), await ProfileRepository(session).find(subject)


def render_request(resume: Resume, version: ResumeVersion, contact: Contact) -> RenderRequest:
    """What the renderer needs to set a version."""
    return RenderRequest(
        markdown=version.body_markdown,
        contact=render_contact(contact),
        template=resume.pdf_template,  # type: ignore[arg-type]
        page_size=resume.page_size,  # type: ignore[arg-type]
        language=resume.language,
        page_target=resume.page_target,
        title=resume.title,
    )
