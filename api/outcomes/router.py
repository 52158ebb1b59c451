"""Routes of outcomes, check-ins and engagement."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Response

from api.auth.dependencies import CurrentSubject
from api.idempotency.header import IdempotencyKey
from api.openapi import problems
from api.outcomes.schemas import (
    CheckInList,
    EngagementResponse,
    OutcomeResponse,
    ReportOutcomeRequest,
    ReportOutcomeResponse,
)
from api.outcomes.service import OutcomeService
from api.resources import ResourcesDependency

router = APIRouter(prefix="/api", tags=["outcomes"])


@router.post(
    "/resume/{resume_id}/report-outcome",
    operation_id="reportOutcome",
    response_model=ReportOutcomeResponse,
    responses=problems(401, 404, 409, 422),
)
async def report_outcome(
    resume_id: uuid.UUID,
    body: ReportOutcomeRequest,
    subject: CurrentSubject,
    resources: ResourcesDependency,
    key: IdempotencyKey = None,
) -> Response:
    """Say what happened. Partial reports merge, corrections are new facts, null takes a value back."""
    return await OutcomeService(resources).report(subject, resume_id, body, key)


@router.get("/resume/{resume_id}/outcome", operation_id="getOutcome", responses=problems(401, 404))
async def get_outcome(resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency) -> OutcomeResponse:
    """The current state of an application and its history."""
    return await OutcomeService(resources).outcome(subject, resume_id)


@router.get("/resume/{resume_id}/engagement", operation_id="getEngagement", responses=problems(401, 404))
async def get_engagement(
    resume_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency
) -> EngagementResponse:
    """Views by others, the owner's downloads, shares. Reading changes nothing."""
    return await OutcomeService(resources).engagement(subject, resume_id)


@router.get("/checkins", operation_id="listCheckIns", responses=problems(401))
async def list_check_ins(subject: CurrentSubject, resources: ResourcesDependency) -> CheckInList:
    """Applications whose news is due: 14, 30, 60 and 90 days after applying."""
    return await OutcomeService(resources).check_ins(subject)
