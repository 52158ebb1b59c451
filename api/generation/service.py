"""Reads job ads and writes resumes: short transaction, work without a connection, short transaction."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from api.auth.repository import UserRepository
from api.auth.subject import Subject
from api.conversation.repository import ConversationRepository
from api.conversation.rules.traits import trait_band
from api.db.base import new_id
from api.db.tables import FramingDraw, GenerationRun, JobAd, Resume, ResumeVersion
from api.errors import FieldProblem, InvalidInputError
from api.generation.repository import GenerationRepository
from api.generation.rules.document import assemble_markdown, structured_content
from api.generation.rules.framing import draw_framing
from api.generation.rules.job_analysis import JobAnalysis, analyze_job
from api.generation.rules.model_draw import draw_model
from api.generation.rules.page_fit import STEPS, tightened
from api.generation.rules.prompt import JobBrief
from api.generation.rules.summary import page_language
from api.generation.rules.wording import ComposeOptions
from api.generation.schemas import GenerateRequest
from api.generation.serving import Serving, read_serving
from api.generation.writer import Written
from api.idempotency.service import Recorder
from api.profile.repository import ProfileRepository
from api.profile.rules.json_resume import parse_profile
from api.profile.rules.profile import Profile
from api.resources import Resources
from api.resumes.facts import facts_document
from api.resumes.page_check import Noticed, page_warnings
from api.resumes.pdf import render_contact
from api.resumes.repository import ResumeRepository
from api.resumes.responses import resume_response
from api.resumes.schemas import ResumeResponse
from renderer import RenderError, RenderRequest
from renderer.coverage import is_surely_drawn

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Groundwork:
    """Everything a generation reads before it writes."""

    profile: Profile
    document: dict[str, Any]
    job_ad: JobAd
    analysis: JobAnalysis
    draw: FramingDraw
    framing: str
    serving: Serving
    trait_bands: dict[str, str] | None


class GenerationService:
    """Analyses ads and generates resumes."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def generate(self, subject: Subject, body: GenerateRequest, recorder: Recorder) -> ResumeResponse:
        """Write a resume for an ad. Raises InvalidInputError when the profile has nothing to write about."""
        now = self._resources.clock()
        ground = await self._prepare(subject, body, now)
        options = ComposeOptions(
            sections=tuple(body.sections) if body.sections else None,
            pages=body.pages,
            language=body.language or page_language(ground.profile),
            as_of_year_month=(now.year, now.month),
        )
        written = await self._resources.writer.write(
            ground.profile,
            JobBrief(ground.analysis, body.job_description),
            ground.framing,
            ground.trait_bands,
            options,
            models=ground.serving.models_to_try(ground.draw.model_drawn),
            priced_as=ground.serving.base_models,
        )
        written, options, noticed = await self._fit_pages(written, ground, body, options)
        markdown = assemble_markdown(ground.profile, written.wording, options=options, language=options.language)
        resume, version = self._rows(subject, body, ground, written, markdown, options.language, noticed)
        run = self._run(subject, resume.id, ground.framing, written)
        async with self._resources.database.transaction() as session:
            await UserRepository(session).hold(subject.user_id)
            await ResumeRepository(session).add(resume, version)
            await GenerationRepository(session).add_run(run)
            response = resume_response(resume, version, ground.job_ad, ground.draw, run)
            await recorder.record(session, response, 201)
        return response

    async def _fit_pages(
        self, written: Written, ground: Groundwork, body: GenerateRequest, options: ComposeOptions
    ) -> tuple[Written, ComposeOptions, Noticed]:
        """Leave out step by step what the pages asked for have no room for, as the renderer measures it.

        With what the renderer noticed on the last page it set.
        """
        best, noticed = (written, options), Noticed()
        for tight in range(len(STEPS) + 1 if body.pages else 1):
            wording = tightened(written.wording, ground.profile, ground.analysis, tight) if tight else written.wording
            best = replace(written, wording=wording), replace(options, tight=tight)
            request = RenderRequest(
                markdown=assemble_markdown(ground.profile, wording, options=best[1], language=options.language),
                contact=render_contact(ground.profile.contact),
                template=body.template,
                page_size=body.page_size,
                language=options.language,
                page_target=body.pages,
            )
            if body.pages is None and is_surely_drawn(request.markdown):
                break
            try:
                rendered = await self._resources.renderer.render(request)
            except RenderError as error:
                log.warning("pages_not_measured", reason_code=type(error).__name__)
                break
            noticed = page_warnings(rendered)
            if body.pages is None or rendered.page_count <= body.pages:
                break
        return *best, noticed

    async def _prepare(self, subject: Subject, body: GenerateRequest, now: datetime) -> Groundwork:
        analysis = analyze_job(body.job_description)
        async with self._resources.database.transaction() as session:
            record = await ProfileRepository(session).find(subject)
            if record is None:
                raise InvalidInputError("Save a profile first: PUT /api/profile.", code="profile_missing")
            profile = parse_profile(record.document).profile
            if not (profile.roles or profile.degrees or profile.projects or profile.volunteer):
                problem = FieldProblem("/work", "profile_empty", "Add at least one role, degree or project.")
                raise InvalidInputError(
                    "The profile has no role, degree or project to write about.",
                    code="profile_empty",
                    errors=(problem,),
                )
            scores = await ConversationRepository(session).current_scores(subject)
            traits = {trait: float(score.score) for trait, score in scores.items()} or None
            repository = GenerationRepository(session)
            job_ad = await repository.upsert_job_ad(subject, body.job_description, analysis, now)
            settings = self._resources.settings
            serving = await read_serving(
                session, configured_model=settings.vertex_model, environment=settings.environment
            )
            draw = await self._draw(repository, subject, job_ad.id, body.framing, traits, serving, now)
        bands: dict[str, str] | None = (
            {trait: trait_band(trait, score) for trait, score in traits.items()} if traits else None
        )
        framing = draw.framing if body.framing == "auto" else body.framing
        return Groundwork(profile, record.document, job_ad, analysis, draw, framing, serving, bands)

    @staticmethod
    async def _draw(
        repository: GenerationRepository,
        subject: Subject,
        job_ad_id: uuid.UUID,
        choice: str,
        traits: dict[str, float] | None,
        serving: Serving,
        now: datetime,
    ) -> FramingDraw:
        existing = await repository.draw_for(subject, job_ad_id)
        if existing is not None:
            return existing
        seed = f"{subject.person_key}:{job_ad_id}"
        drawn = draw_framing(traits=traits, seed=seed)
        model = draw_model(serving.control, serving.arms, seed=seed)
        named = choice != "auto"
        return await repository.keep_draw(
            subject,
            FramingDraw(
                id=new_id(),
                user_id=subject.user_id,
                job_ad_id=job_ad_id,
                framing=choice if named else drawn.framing,
                named_by_person=named,
                probabilities=None if named else dict(drawn.probabilities),
                policy_version=drawn.policy_version,
                seed=drawn.seed,
                model_drawn=model.model if model else None,
                model_probabilities=model.probabilities if model else None,
                drawn_at=now,
            ),
        )

    def _rows(
        self,
        subject: Subject,
        body: GenerateRequest,
        ground: Groundwork,
        written: Written,
        markdown: str,
        language: str,
        noticed: Noticed,
    ) -> tuple[Resume, ResumeVersion]:
        now = self._resources.clock()
        title = body.title or " at ".join(part for part in (ground.analysis.title, ground.analysis.company) if part)
        resume = Resume(
            id=new_id(),
            user_id=subject.user_id,
            job_ad_id=ground.job_ad.id,
            framing_draw_id=ground.draw.id,
            title=(title or "Resume")[:200],
            language=language,
            pdf_template=body.template,
            page_size=body.page_size,
            page_target=body.pages,
            framing=ground.framing,
            current_version=1,
            provider=written.provider,
            model=written.model,
            prompt_version=written.prompt_version,
            degraded=written.degraded,
            viewed_count=0,
            shared_count=0,
            downloaded_count=0,
            created_at=now,
            updated_at=now,
        )
        version = ResumeVersion(
            id=new_id(),
            resume_id=resume.id,
            version=1,
            body_markdown=markdown,
            content=structured_content(ground.profile, written.wording),
            source="generated",
            warnings=noticed,
            profile_facts=facts_document(ground.document),
            trait_bands=ground.trait_bands,
            training_eligible=True,
            created_at=now,
        )
        return resume, version

    @staticmethod
    def _run(subject: Subject, resume_id: uuid.UUID, framing: str, written: Written) -> GenerationRun:
        return GenerationRun(
            id=new_id(),
            user_id=subject.user_id,
            resume_id=resume_id,
            provider=written.provider,
            model=written.model,
            prompt_version=written.prompt_version,
            framing=framing,
            status="ok",
            error_code=written.error_code,
            degraded=written.degraded,
            rejected=[asdict(rejection) for rejection in written.rejected],
            input_tokens=written.input_tokens,
            output_tokens=written.output_tokens,
            cost_amount=written.cost,
            cost_currency="USD" if written.cost is not None else None,
            latency_ms=written.latency_ms,
        )
