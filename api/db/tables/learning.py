"""What the pipelines keep: exchange rates, datasets, tuning runs, models."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import SCHEMA, Base, CreatedAt, Key, exact_numbers, exact_times


class ExchangeRate(Base):
    """One unit of `currency` in US dollars for a month. Loaded by the operator; samples say so."""

    __tablename__ = "exchange_rates"
    __table_args__ = (
        CheckConstraint("usd_per_unit > 0", name="usd_per_unit_positive"),
        *exact_numbers("usd_per_unit"),
        *exact_times("loaded_at"),
        CheckConstraint("month between '0001-01-01' and '9999-12-31'", name="month_exact"),
    )

    currency: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    usd_per_unit: Mapped[Decimal] = mapped_column(Numeric(20, 12))
    is_sample: Mapped[bool] = mapped_column(server_default=text("false"))
    loaded_at: Mapped[CreatedAt]


class Dataset(Base):
    """A built dataset, known by the hash of its manifest."""

    __tablename__ = "datasets"
    __table_args__ = (CheckConstraint("status in ('built', 'uploaded', 'revoked', 'failed')", name="status_known"),)

    id: Mapped[Key]
    manifest_sha256: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    status: Mapped[str]
    as_of: Mapped[datetime]
    source_cut: Mapped[str]
    consent_version: Mapped[str]
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]


class DatasetFile(Base):
    """One file of a dataset, written once under its own hash."""

    __tablename__ = "dataset_files"
    __table_args__ = (UniqueConstraint("dataset_id", "name"),)

    id: Mapped[Key]
    dataset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.datasets.id", ondelete="CASCADE"))
    name: Mapped[str]
    uri: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    row_count: Mapped[int]


class TuningRun(Base):
    """One tuning job per hash of (dataset, base model, method, parameters, parent checkpoint)."""

    __tablename__ = "tuning_runs"

    id: Mapped[Key]
    run_hash: Mapped[str] = mapped_column(unique=True)
    dataset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.datasets.id"), index=True)
    base_model: Mapped[str]
    method: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    location: Mapped[str]
    job_name: Mapped[str | None]
    state: Mapped[str]
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class Model(Base):
    """A tuned model and whether it may write resumes."""

    __tablename__ = "models"
    __table_args__ = (
        CheckConstraint(
            "status in ('candidate', 'arm', 'promoted', 'rolled_back', 'retire_required', 'retired')",
            name="status_known",
        ),
        *exact_numbers("share"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    endpoint: Mapped[str | None]
    tuning_run_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(f"{SCHEMA}.tuning_runs.id"), index=True)
    status: Mapped[str]
    share: Mapped[Decimal] = mapped_column(Numeric(4, 3), server_default="0")
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    evaluation: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
