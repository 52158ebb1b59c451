"""Reads the marts. The role of the API may read them and nothing else that the pipeline builds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, column, literal_column, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.insights.schemas import Mart


class InsightsRepository:
    """The published aggregates. They belong to nobody, so reads do not start from a subject."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def is_published(self, mart: Mart) -> bool:
        """Whether the mart was ever built here."""
        found = await self._session.scalar(text("select to_regclass(:name)"), {"name": f"marts.{mart.table}"})
        return found is not None

    async def rows(self, mart: Mart, group_by: str | None, limit: int) -> list[dict[str, Any]]:
        """Up to `limit` rows in the order of the mart's keys, which are its first columns."""
        query: Select[tuple[Any]] = select(literal_column("*")).select_from(table(mart.table, schema="marts"))
        if group_by is not None:
            query = query.where(column("group_by") == group_by)
        found = await self._session.execute(query.order_by(text("1, 2, 3, 4")).limit(limit))
        return [dict(row) for row in found.mappings()]
