"""Share links and the views they get. No token and no address is stored in the clear."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import SCHEMA, Base, CreatedAt, Key


class ShareLink(Base):
    """A revocable, expiring way to one resume. The 128-bit token is stored as its SHA-256."""

    __tablename__ = "share_links"

    id: Mapped[Key]
    resume_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.resumes.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class ViewEvent(Base):
    """One visitor in one hour. `visitor_hash` is keyed with a key that rotates daily."""

    __tablename__ = "view_events"
    __table_args__ = (UniqueConstraint("share_link_id", "visitor_hash", "hour"),)

    id: Mapped[Key]
    share_link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.share_links.id", ondelete="CASCADE"))
    resume_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.resumes.id", ondelete="CASCADE"), index=True)
    visitor_hash: Mapped[str]
    hour: Mapped[datetime]
    viewed_at: Mapped[CreatedAt]
