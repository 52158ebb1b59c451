"""How the identity provider knows a person, and which of its identities belong to people who have left."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import SCHEMA, Base, CreatedAt, Key


class Identity(Base):
    """One (issuer, subject) that signs in to an account. An account can have several."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Key]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    signed_in_at: Mapped[datetime]
    mail_as_of: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class EndedIdentity(Base):
    """An identity whose person was erased, as a keyed hash: a session from before must not make the account anew."""

    __tablename__ = "ended_identities"

    identity_hash: Mapped[str] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
