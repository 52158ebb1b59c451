"""Routes of consent, access and erasure."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response, status
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from api.auth.dependencies import CurrentSubject
from api.openapi import problems
from api.privacy.access import PLACE, AccessService
from api.privacy.schemas import ConsentsRequest, ConsentsResponse, ErasureResponse, ErasureStatusResponse
from api.privacy.service import PrivacyService
from api.resources import ResourcesDependency

CHUNK_BYTES = 65_536

router = APIRouter(prefix="/api", tags=["privacy"])

ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "description": 'The archive, or a part of it: then `Link` has the address of the next one as `rel="next"`.',
        "headers": {
            "Link": {"description": "The next part, unless this is the last.", "schema": {"type": "string"}},
        },
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/consents", operation_id="getConsents", responses=problems(401))
async def get_consents(subject: CurrentSubject, resources: ResourcesDependency) -> ConsentsResponse:
    """What was agreed to, per purpose, with the texts and the history. Nothing is granted at registration."""
    return await PrivacyService(resources).consents(subject)


@router.put("/consents", operation_id="setConsents", responses=problems(401, 409, 422))
async def set_consents(
    body: ConsentsRequest, subject: CurrentSubject, resources: ResourcesDependency
) -> ConsentsResponse:
    """Grant or withdraw, each purpose on its own. Withdrawing is as easy as granting."""
    return await PrivacyService(resources).decide(subject, body)


@router.get(
    "/privacy/export",
    operation_id="exportMyData",
    response_class=Response,
    responses={**problems(401, 422), **ZIP},
)
async def export_my_data(
    subject: CurrentSubject,
    resources: ResourcesDependency,
    after: Annotated[
        str | None,
        Query(max_length=100, pattern=PLACE, description="Where a further part begins: from `Link`, never made up."),
    ] = None,
) -> Response:
    """Everything about the signed-in person, as a ZIP with JSON, originals and PDFs.

    Nearly always one archive. More than 30 MB, 20,000 rows or 6 seconds' work goes on in a further part.
    """
    part = await AccessService(resources).export(subject, after)
    headers = {"Content-Disposition": 'attachment; filename="cvstomize-export.zip"'}
    if part.link:
        headers["Link"] = f'<{part.link}>; rel="next"'
    chunks = iter(lambda: part.file.read(CHUNK_BYTES), b"")
    return StreamingResponse(
        chunks, media_type="application/zip", headers=headers, background=BackgroundTask(part.file.close)
    )


@router.delete("/me", status_code=status.HTTP_202_ACCEPTED, operation_id="deleteMe", responses=problems(401))
async def delete_me(subject: CurrentSubject, resources: ResourcesDependency) -> ErasureResponse:
    """Delete the account and everything that belongs to it. Access ends at once; the receipt tells how far it is."""
    return await PrivacyService(resources).erase(subject)


@router.get("/erasures/{receipt}", operation_id="getErasure", responses=problems(404))
async def get_erasure(
    receipt: Annotated[str, Path(max_length=100)], resources: ResourcesDependency
) -> ErasureStatusResponse:
    """How far an erasure is, for whoever holds its receipt."""
    return await PrivacyService(resources).erasure_status(receipt)
