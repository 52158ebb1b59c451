"""Bodies of resumes, versions, edits and scores."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import Field

from api.wire import Instant, StrictWireModel, WireModel

TemplateName = Literal["classic", "modern", "minimal"]
PageSizeName = Literal["A4", "Letter"]
MAX_MARKDOWN_CHARACTERS = 60_000


class FramingResponse(WireModel):
    """Which framing the document has, and the draw beside it."""

    used: str
    drawn: str | None
    named_by_person: bool
    probabilities: dict[str, float] | None
    policy_version: str | None


class JobResponse(WireModel):
    """The ad a resume was made for, as it was read."""

    id: uuid.UUID
    title: str
    company: str
    job_family: str
    seniority: str
    region: str


class RejectedStatement(WireModel):
    """A generated statement that no fact supports; the person's own words stand instead."""

    field: str
    fact_id: str
    text: str
    reason: str


class ResumeWarning(WireModel):
    """Something to look at before sending."""

    code: str
    message: str


class ResumeSummary(WireModel):
    """A resume in the list."""

    id: uuid.UUID
    title: str
    template: TemplateName
    page_size: PageSizeName
    framing: str
    provider: str
    version: int
    interview_received: bool | None
    job_offer_received: bool | None
    created_at: Instant
    updated_at: Instant


class ResumePage(WireModel):
    """A page of resumes, newest first. `nextCursor` is null on the last page."""

    items: list[ResumeSummary]
    next_cursor: str | None


class ResumeResponse(WireModel):
    """A resume with its current document. `markdown` has no contact block: it is put in when rendering."""

    id: uuid.UUID
    title: str
    markdown: str
    version: int
    source: Literal["generated", "edited"]
    template: TemplateName
    page_size: PageSizeName
    pages: int | None
    language: str
    framing: FramingResponse
    job: JobResponse | None
    provider: Literal["vertex", "composer"]
    model: str | None
    prompt_version: str
    degraded: bool = Field(description="The model did not answer; the composer wrote instead.")
    rejected: list[RejectedStatement] = Field(default_factory=list)
    warnings: list[ResumeWarning] = Field(default_factory=list)
    download_url: str
    created_at: Instant
    updated_at: Instant


class EditResumeRequest(StrictWireModel):
    """A new version of the document, or other layout choices, or both."""

    markdown: str | None = Field(None, min_length=1, max_length=MAX_MARKDOWN_CHARACTERS)
    title: str | None = Field(None, min_length=1, max_length=200)
    template: TemplateName | None = None
    page_size: PageSizeName | None = None
    pages: Literal[1, 2] | None = None


class VersionResponse(WireModel):
    """One version of the document."""

    version: int
    markdown: str
    source: Literal["generated", "edited"]
    warnings: list[ResumeWarning]
    created_at: Instant


class VersionList(WireModel):
    """All versions, newest first."""

    items: list[VersionResponse]
