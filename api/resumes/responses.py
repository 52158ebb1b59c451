"""Rows to answers."""

from __future__ import annotations

from typing import Any

from api.db.tables import FramingDraw, GenerationRun, JobAd, Resume, ResumeVersion
from api.resumes.schemas import (
    FramingResponse,
    JobResponse,
    RejectedStatement,
    ResumeResponse,
    ResumeSummary,
    ResumeWarning,
    VersionResponse,
)


def framing_response(resume: Resume, draw: FramingDraw | None) -> FramingResponse:
    """The framing used, and the draw beside it."""
    drawn = draw if draw is not None and not draw.named_by_person else None
    return FramingResponse(
        used=resume.framing,
        drawn=drawn.framing if drawn else None,
        named_by_person=draw.named_by_person if draw else False,
        probabilities=drawn.probabilities if drawn else None,
        policy_version=draw.policy_version if draw else None,
    )


def job_response(job_ad: JobAd) -> JobResponse:
    """The ad as it was read."""
    return JobResponse(
        id=job_ad.id,
        title=job_ad.title,
        company=job_ad.company,
        job_family=job_ad.job_family,
        seniority=job_ad.seniority,
        region=job_ad.region,
    )


def resume_response(
    resume: Resume,
    version: ResumeVersion,
    job_ad: JobAd | None,
    draw: FramingDraw | None,
    run: GenerationRun | None,
) -> ResumeResponse:
    """A resume with one of its versions."""
    values: dict[str, Any] = {
        "id": resume.id,
        "title": resume.title,
        "markdown": version.body_markdown,
        "version": version.version,
        "source": version.source,
        "template": resume.pdf_template,
        "page_size": resume.page_size,
        "pages": resume.page_target,
        "language": resume.language,
        "framing": framing_response(resume, draw),
        "job": job_response(job_ad) if job_ad else None,
        "provider": resume.provider,
        "model": resume.model,
        "prompt_version": resume.prompt_version,
        "degraded": resume.degraded,
        "rejected": [RejectedStatement.model_validate(entry) for entry in (run.rejected if run else [])],
        "warnings": [ResumeWarning.model_validate(entry) for entry in version.warnings],
        "download_url": f"/api/resume/{resume.id}/download",
        "created_at": resume.created_at,
        "updated_at": resume.updated_at,
    }
    return ResumeResponse.model_validate(values)


def resume_summary(resume: Resume) -> ResumeSummary:
    """A resume in the list."""
    values: dict[str, Any] = {
        "id": resume.id,
        "title": resume.title,
        "template": resume.pdf_template,
        "page_size": resume.page_size,
        "framing": resume.framing,
        "provider": resume.provider,
        "version": resume.current_version,
        "interview_received": resume.interview_received,
        "job_offer_received": resume.job_offer_received,
        "created_at": resume.created_at,
        "updated_at": resume.updated_at,
    }
    return ResumeSummary.model_validate(values)


def version_response(version: ResumeVersion) -> VersionResponse:
    """One version."""
    values: dict[str, Any] = {
        "version": version.version,
        "markdown": version.body_markdown,
        "source": version.source,
        "warnings": [ResumeWarning.model_validate(entry) for entry in version.warnings],
        "created_at": version.created_at,
    }
    return VersionResponse.model_validate(values)
