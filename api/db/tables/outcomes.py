"""What happened after a resume was sent: events, and the questions we ask about them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import SCHEMA, Base, CreatedAt, Key, Money, exact_times


class OutcomeEvent(Base):
    """One reported fact. Append-only; a `retracted` event takes the kind in `retracts` back.

    `occurred_at` is when it happened in the world (absent when the person did not say), `recorded_at` when we
    learned it: marts read history by the second.
    """

    __tablename__ = "outcome_events"
    __table_args__ = (
        CheckConstraint(
            "kind in ('applied', 'rejected', 'interview', 'offer', 'accepted', 'withdrawn', 'no_answer_yet',"
            " 'retracted')",
            name="kind_known",
        ),
        CheckConstraint("(kind = 'retracted') = (retracts is not null)", name="retracts_only_when_retracted"),
        CheckConstraint("salary_amount > 0", name="salary_amount_positive"),
        CheckConstraint("salary_amount <> 'NaN'::numeric", name="salary_amount_is_a_number"),
        CheckConstraint("salary_currency ~ '^[A-Z]{3}$'", name="salary_currency_iso"),
        CheckConstraint("salary_period in ('year', 'month', 'week', 'day', 'hour')", name="salary_period_known"),
        CheckConstraint("salary_basis in ('gross', 'net')", name="salary_basis_known"),
        CheckConstraint("full_time_share > 0 and full_time_share <= 1", name="full_time_share_range"),
        CheckConstraint("source in ('report', 'check_in')", name="source_known"),
        CheckConstraint("isfinite(occurred_at)", name="occurred_at_finite"),
        *exact_times("occurred_at", "recorded_at"),
        Index("ix_outcome_events_resume_id_recorded_at", "resume_id", "recorded_at"),
    )

    id: Mapped[Key]
    resume_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.resumes.id", ondelete="CASCADE"))
    kind: Mapped[str]
    retracts: Mapped[str | None]
    occurred_at: Mapped[datetime | None]
    salary_amount: Mapped[Money | None]
    salary_currency: Mapped[str | None]
    salary_period: Mapped[str | None]
    salary_basis: Mapped[str | None]
    full_time_share: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    source: Mapped[str] = mapped_column(server_default="report")
    check_in_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.check_ins.id", ondelete="SET NULL"), index=True
    )
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class CheckIn(Base):
    """A question asked of everybody at 14, 30, 60 and 90 days, because volunteered news is mostly good news."""

    __tablename__ = "check_ins"
    __table_args__ = (
        UniqueConstraint("resume_id", "day"),
        CheckConstraint("day in (14, 30, 60, 90)", name="day_known"),
        Index("ix_check_ins_due", "due_at", postgresql_where=text("answered_at is null")),
        *exact_times("due_at", "sent_at", "answered_at", "created_at"),
    )

    id: Mapped[Key]
    resume_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.resumes.id", ondelete="CASCADE"))
    day: Mapped[int]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
