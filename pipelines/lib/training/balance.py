"""Whether the kept rows still look like everybody: standardised differences of shares."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.lib.training.example import TrainingExample


def standardised_difference(kept: int, kept_total: int, left_out: int, left_out_total: int) -> float:
    """Difference of two shares in units of their pooled standard deviation.

    (p - q) / sqrt((p (1 - p) + q (1 - q)) / 2), as used for balance in Austin (2009), Statistics in Medicine 28:3083.
    0 when either side is empty or neither varies; 0.1 counts as small.
    """
    if not kept_total or not left_out_total:
        return 0.0
    p, q = kept / kept_total, left_out / left_out_total
    spread = math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    return (p - q) / spread if spread else 0.0


def groups_of(example: TrainingExample) -> Iterator[tuple[str, str]]:
    """What an example is compared by: family, seniority, and each trait band."""
    yield "job_family", example.job_family
    yield "seniority", example.seniority
    for trait, band in sorted((example.trait_bands or {}).items()):
        yield trait, str(band)


@dataclass
class Balance:
    """Counts kept and left-out rows by group while a build reads them."""

    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_reason: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    kept_total: int = 0
    left_out_total: int = 0

    def add_kept(self, groups: Iterable[tuple[str, str]]) -> None:
        """Count a kept row."""
        self.kept.update(groups)
        self.kept_total += 1

    def add_left_out(self, groups: Iterable[tuple[str, str]], reason: str) -> None:
        """Count a row that `reason` left out."""
        groups = list(groups)
        self.left_out.update(groups)
        self.by_reason.setdefault(reason, Counter()).update(groups)
        self.left_out_total += 1

    def as_document(self) -> list[dict[str, Any]]:
        """One entry per group value, sorted."""
        return [
            {
                "group": group,
                "value": value,
                "kept": self.kept[group, value],
                "left_out": self.left_out[group, value],
                "difference": round(
                    standardised_difference(
                        self.kept[group, value], self.kept_total, self.left_out[group, value], self.left_out_total
                    ),
                    4,
                ),
            }
            for group, value in sorted(self.kept.keys() | self.left_out.keys())
        ]

    def reasons_document(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Left-out rows by reason, group and value."""
        document: dict[str, dict[str, dict[str, int]]] = {}
        for reason, counts in sorted(self.by_reason.items()):
            for (group, value), count in sorted(counts.items()):
                document.setdefault(reason, {}).setdefault(group, {})[value] = count
        return document
