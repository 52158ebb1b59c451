"""Routes of resumes."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, status

from api.auth.dependencies import CurrentSubject
from api.generation.rules.score import Score
from api.openapi import problems
from api.resources import ResourcesDependency
from api.resumes.downloads import DOCX_TYPE, DownloadService, Format
from api.resumes.schemas import (
    EditResumeRequest,
    PageSizeName,
    ResumePage,
    ResumeResponse,
    TemplateName,
    VersionList,
)
from api.resumes.service import ResumeService

router = APIRouter(prefix="/api/resume", tags=["resumes"])

FILE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            DOCX_TYPE: {"schema": {"type": "string", "format": "binary"}},
            "text/markdown": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}


@router.get("", operation_id="listResumes", responses=problems(401, 422))
async def list_resumes(
    subject: CurrentSubject,
    resources: ResourcesDependency,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ResumePage:
    """Resumes, newest first, in pages."""
    return await ResumeService(resources).list(subject, cursor, limit)


@router.get("/{resume_id}", operation_id="getResume", responses=problems(401, 404))
async def get_resume(resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency) -> ResumeResponse:
    """A resume with its current document."""
    return await ResumeService(resources).get(subject, resume_id)


@router.put("/{resume_id}", operation_id="editResume", responses=problems(401, 404, 422))
async def edit_resume(
    resume_id: uuid.UUID, body: EditResumeRequest, subject: CurrentSubject, resources: ResourcesDependency
) -> ResumeResponse:
    """Change the document or its layout. A changed document is a new version; the old ones stay."""
    return await ResumeService(resources).edit(subject, resume_id, body)


@router.delete(
    "/{resume_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="deleteResume",
    responses=problems(401, 404),
)
async def delete_resume(resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency) -> None:
    """Delete a resume with its versions, links and outcome."""
    await ResumeService(resources).delete(subject, resume_id)


@router.get("/{resume_id}/versions", operation_id="listResumeVersions", responses=problems(401, 404))
async def list_versions(resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency) -> VersionList:
    """All versions of the document, newest first."""
    return await ResumeService(resources).versions(subject, resume_id)


@router.get("/{resume_id}/score", operation_id="scoreResume", responses=problems(401, 404))
async def score_resume(resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency) -> Score:
    """Which of the ad's terms the document has, where, and which it lacks."""
    return await ResumeService(resources).score(subject, resume_id)


@router.get(
    "/{resume_id}/download",
    operation_id="downloadResume",
    response_class=Response,
    responses={**problems(401, 404, 409, 422), **FILE_RESPONSES},
)
@router.head("/{resume_id}/download", include_in_schema=False, response_class=Response)
async def download_resume(
    resume_id: uuid.UUID,
    subject: CurrentSubject,
    resources: ResourcesDependency,
    request: Request,
    format: Annotated[Format, Query()] = "pdf",  # noqa: A002 - the name the front end sends
    template: Annotated[TemplateName | None, Query()] = None,
    page_size: Annotated[PageSizeName | None, Query(alias="pageSize")] = None,
) -> Response:
    """The document as PDF, DOCX, Markdown or JSON Resume. Owner only; each GET counts as a download."""
    download = await DownloadService(resources).for_owner(
        subject, resume_id, file_format=format, template=template, page_size=page_size, count=request.method == "GET"
    )
    return Response(download.data, media_type=download.media_type, headers=download.headers)
