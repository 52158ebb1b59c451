"""Queries on job ads, framing draws and generation runs of one person."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import FramingDraw, GenerationRun, JobAd
from api.generation.rules.job_analysis import JobAnalysis


def job_ads_readable_by(subject: Subject) -> Select[JobAd]:
    """The one statement every read of a job ad starts from."""
    return select(JobAd).where(JobAd.user_id == subject.user_id)


def draws_readable_by(subject: Subject) -> Select[FramingDraw]:
    """The one statement every read of a draw starts from."""
    return select(FramingDraw).where(FramingDraw.user_id == subject.user_id)


class GenerationRepository:
    """Reads and writes what a generation needs, in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def upsert_job_ad(self, subject: Subject, text: str, analysis: JobAnalysis, now: datetime) -> JobAd:
        """The row of this person and text; the reading is replaced by the newest one."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        reading = {
            "title": analysis.title,
            "company": analysis.company,
            "job_family": analysis.job_family,
            "seniority": analysis.seniority,
            "region": analysis.region,
            "analysis": analysis.model_dump(mode="json", by_alias=True),
        }
        statement = insert(JobAd).values(
            id=new_id(), user_id=subject.user_id, body_text=text, text_sha256=digest, created_at=now, **reading
        )
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=[JobAd.user_id, JobAd.text_sha256], set_=reading)
        )
        found = await self._session.scalar(job_ads_readable_by(subject).where(JobAd.text_sha256 == digest))
        assert found is not None
        return found

    async def draw_for(self, subject: Subject, job_ad_id: uuid.UUID) -> FramingDraw | None:
        """The draw of this person for this ad, if one was made."""
        return await self._session.scalar(draws_readable_by(subject).where(FramingDraw.job_ad_id == job_ad_id))

    async def keep_draw(self, subject: Subject, draw: FramingDraw) -> FramingDraw:
        """Insert a draw, or give back the one that another request made first: a draw is made once."""
        values = {column.key: getattr(draw, column.key) for column in FramingDraw.__mapper__.column_attrs}
        await self._session.execute(
            insert(FramingDraw)
            .values(**values)
            .on_conflict_do_nothing(index_elements=[FramingDraw.user_id, FramingDraw.job_ad_id])
        )
        kept = await self.draw_for(subject, draw.job_ad_id)
        assert kept is not None
        return kept

    async def run_for(self, resume_id: uuid.UUID) -> GenerationRun | None:
        """The newest run that wrote a resume which was read for its owner."""
        statement = select(GenerationRun).where(GenerationRun.resume_id == resume_id)
        return await self._session.scalar(statement.order_by(GenerationRun.created_at.desc()).limit(1))

    async def add_run(self, run: GenerationRun) -> None:
        """Record one attempt to write a resume."""
        self._session.add(run)
        await self._session.flush()
