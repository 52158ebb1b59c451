"""Routes of share links for the owner."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Response, status

from api.auth.dependencies import CurrentSubject
from api.idempotency.header import IdempotencyKey
from api.openapi import problems
from api.resources import ResourcesDependency
from api.sharing.schemas import ShareCreatedResponse, ShareRequest, ShareStatusResponse
from api.sharing.service import SharingService

router = APIRouter(prefix="/api/resume", tags=["sharing"])


@router.post(
    "/{resume_id}/share",
    status_code=status.HTTP_201_CREATED,
    operation_id="shareResume",
    response_model=ShareCreatedResponse,
    responses=problems(401, 404, 409, 422),
)
async def share_resume(
    resume_id: uuid.UUID,
    subject: CurrentSubject,
    resources: ResourcesDependency,
    body: ShareRequest | None = None,
    key: IdempotencyKey = None,
) -> Response:
    """Make a link to the resume. Its address is shown this once."""
    return await SharingService(resources).share(subject, resume_id, body or ShareRequest(), key)


@router.get("/{resume_id}/share", operation_id="getShareStatus", responses=problems(401, 404))
async def get_share_status(
    resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency
) -> ShareStatusResponse:
    """Whether the resume is shared, and through which links."""
    return await SharingService(resources).status(subject, resume_id)


@router.delete(
    "/{resume_id}/share",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="unshareResume",
    responses=problems(401, 404),
)
async def unshare_resume(resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency) -> None:
    """Make the resume private: every link stops at once, for page and file."""
    await SharingService(resources).close(subject, resume_id)
