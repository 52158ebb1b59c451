"""What can be wrong with a dataset build. Each message says what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class TrainingError(Exception):
    """Base of everything the training room raises on purpose."""


class BadExampleError(TrainingError):
    """A row of `training_examples` does not have the shape of its contract."""


class DatasetRefusedError(TrainingError):
    """The dataset as a whole fails a gate or a documented rule; nothing may be uploaded. `reasons` lists them all."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class LengthsDifferError(DatasetRefusedError):
    """Preferred texts are longer or shorter than the others. `missing` says what else the dataset lacks: while it is
    too small to be uploaded anyway, a chance difference is nothing to raise an alarm about. `filters` counts what was
    left out: why there are so few."""

    def __init__(
        self, reason: str, missing: tuple[str, ...] = (), filters: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        super().__init__([reason])
        self.missing = missing
        self.filters = dict(filters)


class ParametersRefusedError(TrainingError):
    """Tuning parameters outside the allow-list; the message names the allowed values."""
