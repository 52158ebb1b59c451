"""How the rows of a dataset are spread: sizes, and rows of one person. Part of the manifest, drawn by the assets."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipelines.lib.training.spool import SpooledRow

KILOBYTE_EDGES = (2, 4, 8, 16, 32, 64, 128)


def binned(values: Iterable[int], edges: Sequence[int]) -> dict[str, int]:
    """Counts between edges, each bin with its lower edge in it; empty bins are there, so that gaps show."""
    counts = Counter(bisect_right(edges, value) for value in values)
    names = [
        f"under {edges[0]}",
        *(f"{low} to {high}" for low, high in pairwise(edges)),
        f"{edges[-1]} or more",
    ]
    return {name: counts[place] for place, name in enumerate(names)}


def histograms(rows: Sequence[SpooledRow]) -> dict[str, dict[str, int]]:
    """Rows by their size in kilobytes, and people by how many rows they have."""
    per_person = Counter(Counter(row.person_key for row in rows).values())
    return {
        "row_kilobytes": binned((row.length // 1024 for row in rows), KILOBYTE_EDGES),
        "rows_of_a_person": {str(count): per_person[count] for count in sorted(per_person)},
    }
