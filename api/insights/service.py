"""Serves a mart as it is published."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic.alias_generators import to_camel

from api.errors import FieldProblem, InvalidInputError, NotFoundError
from api.insights.repository import InsightsRepository
from api.insights.schemas import InsightsResponse, Mart
from api.resources import Resources

MOMENTS = ("as_of", "built_at", "source_cut")


class InsightsService:
    """One short read per request."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def read(self, mart: Mart, group_by: str | None, limit: int) -> InsightsResponse:
        """The rows of a mart. Raises NotFoundError before the first build, InvalidInputError for a wrong filter."""
        if group_by is not None and not mart.is_grouped:
            problem = FieldProblem("/groupBy", "not_grouped", "Leave groupBy out: this mart has one grouping only.")
            raise InvalidInputError("The filter does not fit the mart.", errors=(problem,))
        async with self._resources.database.transaction() as session:
            repository = InsightsRepository(session)
            if not await repository.is_published(mart):
                raise NotFoundError("These figures have not been published yet.", code="not_published")
            rows = await repository.rows(mart, group_by, limit + 1)
        first: dict[str, Any] = rows[0] if rows else {}
        return InsightsResponse(
            mart=mart,
            as_of=first.get("as_of"),
            source_cut=first.get("source_cut"),
            rows=[_on_the_wire(row) for row in rows[:limit]],
            truncated=len(rows) > limit,
        )


def _on_the_wire(row: dict[str, Any]) -> dict[str, Any]:
    return {
        to_camel(name): float(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if name not in MOMENTS
    }
