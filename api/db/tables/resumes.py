"""Job ads, framing draws, resumes with their versions, and what wrote them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import SCHEMA, Base, CreatedAt, Key, Money, exact_numbers, exact_times


def exact_chance(name: str, document: str, drawn: str) -> CheckConstraint:
    """The constraint that the drawn thing's chance in a JSON document is absent or a number from 0 to 1."""
    return CheckConstraint(
        f"case coalesce(jsonb_typeof({document} -> {drawn}), 'null') when 'null' then true"
        f" when 'number' then ({document} ->> {drawn})::numeric between 0 and 1 else false end",
        name=f"{name}_exact",
    )


class JobAd(Base):
    """A job description as given, with what was read from it. Same person and text: same row."""

    __tablename__ = "job_ads"
    __table_args__ = (UniqueConstraint("user_id", "text_sha256"), *exact_times("created_at"))

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"))
    body_text: Mapped[str]
    text_sha256: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    company: Mapped[str] = mapped_column(server_default="")
    job_family: Mapped[str]
    seniority: Mapped[str]
    region: Mapped[str]
    analysis: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class FramingDraw(Base):
    """The experiment: which framing was drawn for a person and an ad, with all six probabilities.

    `named_by_person` marks a framing the person chose before any draw; it has no probabilities and stays out of
    comparisons. `model_drawn` is the model drawn to write it, when there was a choice between models.
    """

    __tablename__ = "framing_draws"
    __table_args__ = (
        UniqueConstraint("user_id", "job_ad_id"),
        *exact_times("drawn_at"),
        exact_chance("probability", "probabilities", "framing"),
        exact_chance("model_probability", "model_probabilities", "model_drawn"),
    )

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"))
    job_ad_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.job_ads.id", ondelete="CASCADE"), index=True)
    framing: Mapped[str]
    named_by_person: Mapped[bool] = mapped_column(server_default=text("false"))
    probabilities: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    policy_version: Mapped[str]
    seed: Mapped[str]
    model_drawn: Mapped[str | None]
    model_probabilities: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    drawn_at: Mapped[CreatedAt]


class Resume(Base):
    """One application: its document, how it was framed, and the current state of its outcome.

    The outcome columns repeat what `outcome_events` says, because the first front end reads them here.
    `former_person_keys` holds the pseudonyms it was under before its account was joined to another, oldest first.
    """

    __tablename__ = "resumes"
    __table_args__ = (
        Index("ix_resumes_user_id_created_at_id", "user_id", "created_at", "id"),
        CheckConstraint("pdf_template in ('classic', 'modern', 'minimal')", name="pdf_template_known"),
        CheckConstraint("page_size in ('A4', 'Letter')", name="page_size_known"),
        CheckConstraint("salary_offered > 0", name="salary_offered_positive"),
        CheckConstraint("salary_offered <> 'NaN'::numeric", name="salary_offered_is_a_number"),
        CheckConstraint("salary_currency ~ '^[A-Z]{3}$'", name="salary_currency_iso"),
        CheckConstraint("salary_period in ('year', 'month', 'week', 'day', 'hour')", name="salary_period_known"),
        *exact_times("first_downloaded_at", "last_viewed_at", "created_at"),
    )

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"))
    job_ad_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(f"{SCHEMA}.job_ads.id", ondelete="SET NULL"))
    framing_draw_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.framing_draws.id", ondelete="SET NULL")
    )
    title: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="en")
    pdf_template: Mapped[str] = mapped_column(server_default="classic")
    page_size: Mapped[str] = mapped_column(server_default="A4")
    page_target: Mapped[int | None]
    framing: Mapped[str]
    current_version: Mapped[int] = mapped_column(server_default="1")
    provider: Mapped[str]
    model: Mapped[str | None]
    prompt_version: Mapped[str]
    degraded: Mapped[bool] = mapped_column(server_default=text("false"))

    interview_received: Mapped[bool | None]
    interview_received_at: Mapped[datetime | None]
    job_offer_received: Mapped[bool | None]
    job_offer_received_at: Mapped[datetime | None]
    salary_offered: Mapped[Money | None]
    salary_currency: Mapped[str | None]
    salary_period: Mapped[str | None]
    outcome_reported_at: Mapped[datetime | None]
    outcome_notes: Mapped[str | None]

    viewed_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    shared_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    downloaded_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    first_downloaded_at: Mapped[datetime | None]
    last_viewed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    former_person_keys: Mapped[str | None]


class ResumeVersion(Base):
    """The document at one moment. `body_markdown` has no contact block: it is put in when rendering."""

    __tablename__ = "resume_versions"
    __table_args__ = (
        UniqueConstraint("resume_id", "version"),
        CheckConstraint("source in ('generated', 'edited')", name="source_known"),
        *exact_times("created_at"),
    )

    id: Mapped[Key]
    resume_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.resumes.id", ondelete="CASCADE"))
    version: Mapped[int]
    body_markdown: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    source: Mapped[str]
    warnings: Mapped[list[Any]] = mapped_column(JSONB)
    profile_facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    trait_bands: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    training_eligible: Mapped[bool]
    created_at: Mapped[CreatedAt]


class GenerationRun(Base):
    """One attempt to write a resume: who wrote it, how long it took, what it cost, why it fell back."""

    __tablename__ = "generation_runs"
    __table_args__ = (
        CheckConstraint("status in ('ok', 'failed')", name="status_known"),
        *exact_numbers("cost_amount"),
    )

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)
    resume_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(f"{SCHEMA}.resumes.id", ondelete="CASCADE"))
    provider: Mapped[str]
    model: Mapped[str | None]
    prompt_version: Mapped[str]
    framing: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[str | None]
    degraded: Mapped[bool]
    rejected: Mapped[list[Any]] = mapped_column(JSONB)
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost_amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 6))
    cost_currency: Mapped[str | None]
    latency_ms: Mapped[int]
    created_at: Mapped[CreatedAt]
