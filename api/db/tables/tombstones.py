"""The ledger of deleted keys, so that a deletion reaches every copy of a row."""

from __future__ import annotations

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, CreatedAt


class Deletion(Base):
    """A key that left an exported table: by deletion or because consent for it was withdrawn."""

    __tablename__ = "deletions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    table_name: Mapped[str]
    row_key: Mapped[str]
    reason: Mapped[str]
    deleted_at: Mapped[CreatedAt]
