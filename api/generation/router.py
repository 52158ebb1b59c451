"""Routes of job analysis and generation."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from api.auth.dependencies import CurrentSubject
from api.generation.rules.job_analysis import JobAnalysis, analyze_job
from api.generation.schemas import AnalyzeJobRequest, GenerateRequest
from api.generation.service import GenerationService
from api.idempotency import service as idempotency
from api.idempotency.header import IdempotencyKey
from api.openapi import problems
from api.resources import ResourcesDependency
from api.resumes.schemas import ResumeResponse

router = APIRouter(prefix="/api", tags=["generation"])


@router.post("/job/analyze", operation_id="analyzeJob", responses=problems(401, 422))
async def analyze(body: AnalyzeJobRequest, _subject: CurrentSubject) -> JobAnalysis:
    """What the ad asks for: skills, degrees, years, seniority, place, pay. The ad is data, never instruction."""
    return analyze_job(body.job_description)


@router.post(
    "/resume/generate",
    status_code=status.HTTP_201_CREATED,
    operation_id="generateResume",
    response_model=ResumeResponse,
    responses=problems(401, 409, 422),
)
async def generate(
    body: GenerateRequest, subject: CurrentSubject, resources: ResourcesDependency, key: IdempotencyKey = None
) -> Response:
    """Write a resume for the ad. Repeat it with the same Idempotency-Key and get the same answer."""
    service = GenerationService(resources)
    return await idempotency.run(
        resources,
        subject,
        "generate",
        key,
        (body,),
        lambda recorder: service.generate(subject, body, recorder),
    )
