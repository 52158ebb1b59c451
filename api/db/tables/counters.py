"""Counters of the limits on costly requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base


class RequestCounter(Base):
    """How often something was asked for in the current window. The key is a keyed hash and names nobody."""

    __tablename__ = "request_counters"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012

    key: Mapped[str] = mapped_column(primary_key=True)
    hits: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)
