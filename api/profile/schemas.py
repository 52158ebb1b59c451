"""Bodies of the profile and of imports."""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import Field, RootModel, model_validator

from api.wire import Instant, StrictWireModel, WireModel, check_wire_value

EXAMPLE_DOCUMENT: dict[str, Any] = {
    "basics": {"name": "Ada Example", "label": "Software Engineer", "email": "ada@example.com"},
    "work": [
        {
            "name": "Example Works",
            "position": "Software Engineer",
            "startDate": "2021-03",
            "highlights": ["Cut the nightly build from 40 to 12 minutes"],
        }
    ],
}


class JsonResume(RootModel[dict[str, Any]]):
    """A JSON Resume 1.x document. Unknown fields are kept."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE_DOCUMENT]}}

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        check_wire_value(data)
        return data


class DroppedField(WireModel):
    """An optional field that could not be read and was left out; the rest was kept."""

    pointer: str
    code: str
    reason: str


class ProfileResponse(WireModel):
    """The person's facts as JSON Resume. `ids` maps the JSON pointer of each part to its stable id."""

    document: dict[str, Any]
    ids: dict[str, str]
    revision: int
    updated_at: Instant
    tenure_months: int = Field(description="Months in paid roles, overlaps counted once.")
    dropped: list[DroppedField] = Field(default_factory=list)


class Provenance(WireModel):
    """Where a field of a draft came from."""

    pointer: str
    source: str = Field(examples=["page 1, line 4"])
    text: str
    confidence: float


class ImportResponse(WireModel):
    """A draft read from a document. Nothing is in the profile until the person confirms."""

    id: uuid.UUID
    status: str
    source_kind: str
    document: dict[str, Any]
    provenance: list[Provenance]
    unparsed: list[str] = Field(description="Text that was found but not understood.")
    warnings: list[str] = Field(default_factory=list)


class ConfirmImportRequest(StrictWireModel):
    """The draft as the person corrected it. Without a document the draft is taken as it is."""

    document: JsonResume | None = None
