"""How many rows a file may hold: the first by rank stay, whatever order they came in."""

import random
from dataclasses import replace

import pytest

from pipelines.lib.training.config import Split
from pipelines.lib.training.limits import limits_of
from pipelines.lib.training.selection import fit_files
from pipelines.lib.training.spool import SpooledRow

LIMITS = replace(limits_of("gemini-2.5-flash"), max_file_bytes=100, max_validation_rows=3)


def row(rank: int, split: Split, length: int = 10) -> SpooledRow:
    """A row of `length` bytes whose hash is `rank`."""
    digest = rank.to_bytes(32, "big")
    return SpooledRow(digest, digest, f"p{rank}", f"r{rank}", f"v{rank}", split, "data", 0, length, 0, 0)


@pytest.mark.parametrize(
    ("split", "lengths", "kept"),
    [
        ("train", [10] * 10, 10),
        ("train", [10] * 11, 10),
        ("train", [60, 50, 10], 1),
        ("train", [101], 0),
        ("test", [50, 50, 1], 2),
        ("validation", [1] * 3, 3),
        ("validation", [1] * 4, 3),
        ("validation", [60, 50, 1], 1),
        ("train", [], 0),
    ],
)
def test_a_split_keeps_its_first_rows_that_fit(split: Split, lengths: list[int], kept: int) -> None:
    rows = [row(rank, split, length) for rank, length in enumerate(lengths)]
    expected = rows[:kept]
    random.Random(3).shuffle(rows)
    assert fit_files(rows, LIMITS) == (expected, len(lengths) - kept)


def test_a_full_split_takes_nothing_from_another() -> None:
    rows = [row(rank, ("train", "validation", "test")[rank % 3]) for rank in range(60)]
    kept, over = fit_files(rows, LIMITS)
    assert [sum(item.split == split for item in kept) for split in ("train", "validation", "test")] == [10, 3, 10]
    assert over == 37
