"""The declarative base: one schema, one naming convention, UUIDv7 keys, UTC times."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import uuid_utils.compat
from sqlalchemy import CheckConstraint, DateTime, MetaData, Numeric, Text, func
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, mapped_column

SCHEMA = "cvstomize"

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> uuid.UUID:
    """A UUIDv7: unique without asking the database, and ordered by time so that indexes stay dense."""
    return uuid_utils.compat.uuid7()


Key = Annotated[uuid.UUID, mapped_column(UUID(as_uuid=True), primary_key=True, default=new_id)]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Money = Annotated[Decimal, mapped_column(Numeric(14, 2))]


def exact_times(*columns: str) -> tuple[CheckConstraint, ...]:
    """Constraints that keep out what no other engine has: infinity, and years before 1 or past 9999."""
    bounds = "between '0001-01-01 00:00+00' and '9999-12-31 23:59:59.999999+00'"
    return tuple(CheckConstraint(f"{column} {bounds}", name=f"{column}_exact") for column in columns)


def exact_numbers(*columns: str) -> tuple[CheckConstraint, ...]:
    """Constraints that keep out NaN, which sorts above every number and so passes `> 0`."""
    return tuple(CheckConstraint(f"{column} <> 'NaN'::numeric", name=f"{column}_exact") for column in columns)


class Base(DeclarativeBase):
    """Base of all tables, in the product's own schema rather than in `public`."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING_CONVENTION)
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012
