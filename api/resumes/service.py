"""Reads, edits and deletes resumes."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import structlog

from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import Resume, ResumeVersion
from api.errors import DomainError, InvalidInputError, UnavailableError
from api.generation.repository import GenerationRepository
from api.generation.rules.fact_check import unsupported_statements
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.score import Score, score_resume
from api.profile.repository import ProfileRepository
from api.profile.rules.json_resume import parse_profile
from api.profile.rules.profile import Contact
from api.resources import Resources
from api.resumes.cursor import decode_cursor, encode_cursor
from api.resumes.downloads import render_request, stored_document
from api.resumes.facts import facts_document
from api.resumes.page_check import Noticed, check_page
from api.resumes.pdf import domain_error
from api.resumes.repository import ResumeRepository
from api.resumes.responses import resume_response, resume_summary, version_response
from api.resumes.schemas import (
    EditResumeRequest,
    ResumePage,
    ResumeResponse,
    ResumeWarning,
    VersionList,
)
from renderer import RenderError, limits

MAX_VERSIONS = 200

log = structlog.get_logger(__name__)


class ResumeService:
    """The documents of one person."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def list(self, subject: Subject, cursor: str | None, limit: int) -> ResumePage:
        """A page of resumes, newest first. Raises InvalidInputError for a cursor that is none."""
        before = decode_cursor(cursor)
        async with self._resources.database.transaction() as session:
            found = await ResumeRepository(session).page(subject, before=before, limit=limit + 1)
        page = found[:limit]
        following = encode_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None
        return ResumePage(items=[resume_summary(resume) for resume in page], next_cursor=following)

    async def get(self, subject: Subject, resume_id: uuid.UUID) -> ResumeResponse:
        """A resume with its current document. Raises NotFoundError."""
        async with self._resources.database.transaction() as session:
            repository = ResumeRepository(session)
            resume = await repository.get(subject, resume_id)
            return await self._response(repository, GenerationRepository(session), subject, resume)

    async def versions(self, subject: Subject, resume_id: uuid.UUID) -> VersionList:
        """All versions, newest first. Raises NotFoundError."""
        async with self._resources.database.transaction() as session:
            repository = ResumeRepository(session)
            found = await repository.versions(await repository.get(subject, resume_id))
        return VersionList(items=[version_response(version) for version in found])

    async def edit(self, subject: Subject, resume_id: uuid.UUID, body: EditResumeRequest) -> ResumeResponse:
        """Change the document (a new version) or the layout. What no fact supports is a warning, never changed."""
        if body.markdown is not None:
            try:
                await asyncio.to_thread(limits.check, body.markdown)  # a tenth of a second for the worst of them
            except RenderError as error:
                raise domain_error(error) from error
        noticed = await self._check_page(subject, resume_id, body)
        async with self._resources.database.transaction() as session:
            repository = ResumeRepository(session)
            resume = await repository.get(subject, resume_id, for_update=True)
            self._change_layout(resume, body)
            if body.markdown is not None:
                profiles = ProfileRepository(session)
                record = await profiles.find(subject)
                document = record.document if record else None
                await self._add_version(repository, resume, body.markdown, document, noticed)
            resume.updated_at = self._resources.clock()
            response = await self._response(repository, GenerationRepository(session), subject, resume)
        if body.markdown is None:
            response.warnings += [ResumeWarning.model_validate(warning) for warning in noticed]
        return response

    async def _check_page(self, subject: Subject, resume_id: uuid.UUID, body: EditResumeRequest) -> Noticed:
        """What the page as it will be has to tell. Raises a DomainError when it cannot be set."""
        changes = body.model_fields_set & {"markdown", "template", "page_size", "pages"}
        if not changes:
            return []
        resume, version, record = await stored_document(self._resources.database, subject, resume_id)
        if record is None:
            return []
        request = render_request(resume, version, parse_profile(record.document).profile.contact)
        request = replace(
            request,
            markdown=body.markdown or request.markdown,
            template=body.template or request.template,
            page_size=body.page_size or request.page_size,
            page_target=body.pages if "pages" in changes else request.page_target,
        )
        return await check_page(self._resources.renderer, request)

    async def delete(self, subject: Subject, resume_id: uuid.UUID) -> None:
        """Delete a resume, its versions and its outcome. Raises NotFoundError."""
        async with self._resources.database.transaction() as session:
            repository = ResumeRepository(session)
            await repository.delete(await repository.get(subject, resume_id, for_update=True))

    async def score(self, subject: Subject, resume_id: uuid.UUID) -> Score:
        """How the current document, read back from its PDF, covers the ad, term by term. Raises NotFoundError."""
        async with self._resources.database.transaction() as session:
            repository = ResumeRepository(session)
            resume = await repository.get(subject, resume_id)
            version = await repository.version(resume)
            job_ad = await repository.job_ad(resume)
            record = await ProfileRepository(session).find(subject)
        if job_ad is None or record is None:
            raise UnavailableError("The ad or the profile of this resume is gone; it cannot be scored.")
        profile = parse_profile(record.document).profile
        analysis = JobAnalysis.model_validate(job_ad.analysis)
        extracted = await self._read_back(resume, version, profile.contact) if analysis.keywords else None
        return await asyncio.to_thread(score_resume, version.body_markdown, profile, analysis, extracted_text=extracted)

    async def _read_back(self, resume: Resume, version: ResumeVersion, contact: Contact) -> str | None:
        """The text of the rendered PDF, through its cache; None when it cannot be rendered or read now."""
        try:
            pdf = await self._resources.pdfs.get(resume.user_id, render_request(resume, version, contact))
        except DomainError as error:
            log.warning("score_without_pdf", code=error.code)
            return None
        return await self._resources.pdf_reader.read(pdf.data, pdf.content_hash)

    @staticmethod
    def _change_layout(resume: Resume, body: EditResumeRequest) -> None:
        if body.title is not None:
            resume.title = body.title
        if body.template is not None:
            resume.pdf_template = body.template
        if body.page_size is not None:
            resume.page_size = body.page_size
        if "pages" in body.model_fields_set:
            resume.page_target = body.pages

    async def _add_version(
        self,
        repository: ResumeRepository,
        resume: Resume,
        markdown: str,
        document: dict[str, Any] | None,
        noticed: Noticed,
    ) -> None:
        if resume.current_version >= MAX_VERSIONS:
            raise InvalidInputError(f"A resume keeps at most {MAX_VERSIONS} versions. Start a new one.")
        current = await repository.version(resume)
        profile = parse_profile(document).profile if document else None
        now = self._resources.clock()
        month = (now.year, now.month)
        unsupported = unsupported_statements(markdown, profile, as_of_year_month=month) if profile else ()
        await repository.add_version(
            resume,
            ResumeVersion(
                id=new_id(),
                resume_id=resume.id,
                version=resume.current_version + 1,
                body_markdown=markdown,
                content=current.content,
                source="edited",
                warnings=[
                    {"code": "unsupported_statement", "message": f"No fact in the profile supports: {statement.text}"}
                    for statement in unsupported
                ]
                + noticed,
                profile_facts=facts_document(document) if document else {},
                trait_bands=current.trait_bands,
                # An edit says more than the wording it came from; only documents whose every word is known are taught.
                training_eligible=False,
                created_at=now,
            ),
        )

    @staticmethod
    async def _response(
        repository: ResumeRepository, generation: GenerationRepository, subject: Subject, resume: Resume
    ) -> ResumeResponse:
        version = await repository.version(resume)
        job_ad = await repository.job_ad(resume)
        draw = await generation.draw_for(subject, resume.job_ad_id) if resume.job_ad_id else None
        run = await generation.run_for(resume.id)
        return resume_response(resume, version, job_ad, draw, run)
