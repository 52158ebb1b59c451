"""`/api/insights`: the aggregates that everybody with an account may see."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.dependencies import CurrentSubject
from api.insights.schemas import InsightsResponse, Mart
from api.insights.service import InsightsService
from api.resources import ResourcesDependency

router = APIRouter(prefix="/api/insights", tags=["insights"])


@router.get("/{mart}", operation_id="getInsights")
async def read_insights(
    mart: Mart,
    subject: CurrentSubject,
    resources: ResourcesDependency,
    group_by: Annotated[
        str | None,
        Query(alias="groupBy", pattern=r"^[a-z_]{1,40}$", description="Only one grouping, for example `framing`."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many rows at most.")] = 500,
) -> InsightsResponse:
    """A published mart: aggregates of at least ten people, never one person's figures."""
    return await InsightsService(resources).read(mart, group_by, limit)
