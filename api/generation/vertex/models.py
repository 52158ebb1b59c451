"""Which names may stand where a model is named. A wrong one is refused before a call is paid for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from api.generation.vertex.errors import VertexMisconfiguredError

ENDPOINT = re.compile(r"projects/(?P<project>[a-z0-9-]+)/locations/(?P<location>[a-z0-9-]+)/endpoints/(?P<id>\d+)")
REGISTRY_MODEL = re.compile(r"projects/[^/]+/locations/[^/]+/models/[^/]+")


class BaseModelEntry(BaseModel):
    """One row of models.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_output_tokens: int
    thinking_can_be_off: bool


@cache
def read_base_models() -> dict[str, BaseModelEntry]:
    """Known base models by id."""
    document = yaml.safe_load(Path(__file__).with_name("models.yaml").read_text(encoding="utf-8"))
    return {name: BaseModelEntry.model_validate(entry) for name, entry in document["models"].items()}


@dataclass(frozen=True, slots=True)
class ServingModel:
    """A name that can be called in `location`: a base model id or a tuned model's endpoint."""

    name: str
    location: str
    is_tuned: bool
    thinking_can_be_off: bool


def endpoint_location(name: str) -> str | None:
    """Where a tuned model's endpoint is; None for a name that is none."""
    found = ENDPOINT.fullmatch(name)
    return found["location"] if found else None


def check_serving_model(name: str, location: str) -> ServingModel:
    """The model to call. Raises VertexMisconfiguredError naming the setting to change.

    A tuned model answers only through its endpoint (`projects/…/locations/…/endpoints/123`), and only in that
    endpoint's own location.
    """
    if REGISTRY_MODEL.fullmatch(name):
        raise VertexMisconfiguredError(
            "a tuned model is called through its endpoint: set VERTEX_MODEL to projects/…/locations/…/endpoints/…"
        )
    if found := ENDPOINT.fullmatch(name):
        if found["location"] != location:
            raise VertexMisconfiguredError(
                f"the endpoint is in {found['location']}: set VERTEX_LOCATION to it, not to {location}"
            )
        return ServingModel(name, location, is_tuned=True, thinking_can_be_off=True)
    entry = read_base_models().get(name)
    if entry is None:
        known = ", ".join(sorted(read_base_models()))
        raise VertexMisconfiguredError(f"VERTEX_MODEL is not a known model; known are {known}, or an endpoint")
    return ServingModel(name, location, is_tuned=False, thinking_can_be_off=entry.thinking_can_be_off)
