"""Which models may write now, read from the rows the pipelines keep: a promotion or a rollback counts from the next
request on, without a restart.

The rows are read in the transaction that a generation opens anyway, so there is no copy that could be out of date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from api.generation.model_repository import ModelRepository
from api.generation.rules.model_draw import COMPOSER, ModelArm

MAX_MODELS = 50


@dataclass(frozen=True, slots=True)
class Serving:
    """Who writes now. `control` is what no arm was drawn for; `fallback` is tried when a tuned model fails.

    `base_models` says by name which base model a tuned one is priced as.
    """

    control: str
    fallback: str | None
    arms: tuple[ModelArm, ...] = ()
    base_models: Mapping[str, str] = field(default_factory=dict)

    def models_to_try(self, drawn: str | None) -> tuple[str, ...]:
        """The models to ask, in order; none means that the composer writes.

        `drawn` counts while that model serves: one that was rolled back or retired since gives way to the control.
        """
        arms = {arm.name for arm in self.arms}
        serves = drawn in arms or drawn in (self.control, self.fallback, COMPOSER)
        first = drawn if drawn is not None and serves else self.control
        return tuple(dict.fromkeys(name for name in (first, self.fallback) if name and first != COMPOSER))


async def read_serving(session: AsyncSession, *, configured_model: str | None, environment: str) -> Serving:
    """The models in service. `configured_model` is VERTEX_MODEL, the base model that a tuned one falls back to.

    What a stand-in made serves only where ENVIRONMENT is local, whatever its row says.
    """
    found = await ModelRepository(session).in_service(MAX_MODELS, synthetic_too=environment == "local")
    promoted = next((model.endpoint for model in found if model.status == "promoted"), None)
    return Serving(
        control=promoted or configured_model or COMPOSER,
        fallback=configured_model,
        arms=tuple(ModelArm(model.endpoint, model.share) for model in found if model.status == "arm"),
        base_models={model.endpoint: model.base_model for model in found if model.base_model},
    )
