"""What the stand-in offers: model ids, where they tune, by which methods, and the limits of a dataset."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class Tunable(BaseModel):
    """How one base model may be tuned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[str, ...]
    locations: tuple[str, ...]


class Catalogue(BaseModel):
    """The content of catalogue.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    generate: tuple[str, ...]
    tune: dict[str, Tunable]
    max_training_bytes: int
    max_validation_rows: int
    max_tokens_per_example: int


@cache
def read_catalogue() -> Catalogue:
    """The catalogue that stands next to this file."""
    document = yaml.safe_load(Path(__file__).with_name("catalogue.yaml").read_text(encoding="utf-8"))
    return Catalogue.model_validate({**document, "version": str(document["version"])})
