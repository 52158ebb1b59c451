"""Bodies of consent and erasure."""

from __future__ import annotations

import uuid
from typing import Any, Literal, Self

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from api.wire import Instant, StrictWireModel, WireModel

Purpose = Literal["product", "outcome_research", "training"]


class ConsentDecision(StrictWireModel):
    """A yes or no to one purpose. With `policyVersion` it holds only for the text of that version."""

    purpose: Purpose
    granted: StrictBool
    policy_version: str | None = Field(None, max_length=50, examples=["2026-01"])


class ConsentsRequest(StrictWireModel):
    """Decisions. A purpose that is left out stays as it is."""

    consents: list[ConsentDecision] = Field(min_length=1, max_length=3)

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len({decision.purpose for decision in self.consents}) < len(self.consents):
            raise PydanticCustomError("duplicate_purpose", "Decide about each purpose once.")
        return self


class ConsentView(WireModel):
    """The decision in force for a purpose, and the text as it stands. `recordedAt` is null before any decision."""

    purpose: Purpose
    granted: bool
    recorded_at: Instant | None
    decided_version: str | None
    policy_version: str
    text: str
    text_sha256: str


class ConsentRecord(WireModel):
    """One decision of the history."""

    purpose: Purpose
    granted: bool
    policy_version: str
    text_sha256: str
    recorded_at: Instant


class ConsentsResponse(WireModel):
    """What is in force, and every decision, oldest first."""

    consents: list[ConsentView]
    history: list[ConsentRecord]


class ErasureResponse(WireModel):
    """The start of an erasure. The receipt is shown this once; it is the only way to ask how far it is."""

    status: str
    receipt: str
    status_url: str
    requested_at: Instant


class ErasureStatusResponse(WireModel):
    """How far an erasure is. `erased` is said only after absence was verified everywhere."""

    id: uuid.UUID
    status: Literal["requested", "operational_erased", "erased", "models_retired"]
    requested_at: Instant
    erased_at: Instant | None
    models_retired_at: Instant | None
    progress: dict[str, Any]
