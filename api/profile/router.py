"""Routes of the profile."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, File, Response, UploadFile, status

from api.auth.dependencies import CurrentSubject
from api.idempotency.header import IdempotencyKey
from api.openapi import problems
from api.profile.schemas import ConfirmImportRequest, ImportResponse, JsonResume, ProfileResponse
from api.profile.service import MAX_UPLOAD_BYTES, ProfileService
from api.resources import ResourcesDependency

router = APIRouter(prefix="/api/profile", tags=["profile"])

MULTIPART_OVERHEAD_BYTES = 64 * 1024


@router.get("", operation_id="getProfile", responses=problems(401, 404))
async def get_profile(subject: CurrentSubject, resources: ResourcesDependency) -> ProfileResponse:
    """The person's facts as JSON Resume, with the stable id of every part."""
    return await ProfileService(resources).get(subject)


@router.put("", operation_id="putProfile", responses=problems(401, 422))
async def put_profile(body: JsonResume, subject: CurrentSubject, resources: ResourcesDependency) -> ProfileResponse:
    """Replace the facts. One bad optional field never loses the rest: `dropped` lists what was left out."""
    return await ProfileService(resources).put(subject, body.root)


@router.post(
    "/import",
    status_code=status.HTTP_201_CREATED,
    operation_id="importProfile",
    max_body_size=MAX_UPLOAD_BYTES + MULTIPART_OVERHEAD_BYTES,
    response_model=ImportResponse,
    responses=problems(401, 409, 413, 422),
)
async def import_profile(
    subject: CurrentSubject,
    resources: ResourcesDependency,
    file: Annotated[UploadFile, File(description="PDF, DOCX, JSON Resume or plain text, at most 10 MB")],
    key: IdempotencyKey = None,
) -> Response:
    """Read a document into a draft. Nothing changes until it is confirmed."""
    return await ProfileService(resources).import_document(subject, file, key)


@router.get("/import/{import_id}", operation_id="getProfileImport", responses=problems(401, 404))
async def get_import(import_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency) -> ImportResponse:
    """A draft and where each of its fields came from."""
    return await ProfileService(resources).get_import(subject, import_id)


@router.post(
    "/import/{import_id}/confirm",
    operation_id="confirmProfileImport",
    response_model=ProfileResponse,
    responses=problems(401, 404, 409, 422),
)
async def confirm_import(
    import_id: uuid.UUID,
    body: ConfirmImportRequest,
    subject: CurrentSubject,
    resources: ResourcesDependency,
    key: IdempotencyKey = None,
) -> Response:
    """Make the draft, as it is or as corrected, the profile."""
    return await ProfileService(resources).confirm_import(subject, import_id, body, key)
