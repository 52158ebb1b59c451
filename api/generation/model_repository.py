"""Queries on the tuned models that serve."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.db.tables import Model, TuningRun


@dataclass(frozen=True, slots=True)
class ModelInService:
    """One model that may write: promoted, or on trial with a share of the draws."""

    endpoint: str
    status: str
    share: Decimal
    base_model: str | None


class ModelRepository:
    """Reads models in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def in_service(self, limit: int, *, synthetic_too: bool) -> list[ModelInService]:
        """Models that are promoted or on trial and have an endpoint, the latest change first."""
        statement = (
            select(Model.endpoint, Model.status, Model.share, TuningRun.base_model)
            .outerjoin(TuningRun, TuningRun.id == Model.tuning_run_id)
            .where(Model.status.in_(("arm", "promoted")), Model.endpoint.is_not(None))
            .order_by(Model.updated_at.desc(), Model.id.desc())
            .limit(limit)
        )
        if not synthetic_too:
            statement = statement.where(Model.synthetic.is_(False))
        rows = await self._session.execute(statement)
        return [ModelInService(str(endpoint), status, share, base) for endpoint, status, share, base in rows]
