"""The documented limits of a base model's datasets, from limits.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pipelines.lib.training.errors import ParametersRefusedError


@dataclass(frozen=True, slots=True)
class DatasetLimits:
    """Limits of one base model. The share is of validation rows in train rows; None when there is none."""

    methods: tuple[str, ...]
    max_tokens_per_example: int
    max_file_bytes: int
    max_validation_rows: int
    max_validation_share: float | None


@cache
def read_limits() -> dict[str, DatasetLimits]:
    """Limits by base model id."""
    document = yaml.safe_load(Path(__file__).with_name("limits.yaml").read_text(encoding="utf-8"))
    return {
        name: DatasetLimits(**{**row, "methods": tuple(row["methods"])}) for name, row in document["models"].items()
    }


def limits_of(base_model: str) -> DatasetLimits:
    """Raises ParametersRefusedError naming the known base models."""
    found = read_limits().get(base_model)
    if found is None:
        raise ParametersRefusedError(f"base_model must be one of {', '.join(sorted(read_limits()))}")
    return found
