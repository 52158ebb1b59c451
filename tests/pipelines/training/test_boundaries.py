"""Every gate and limit, on both sides of its boundary."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.lib.training.build import refuse_residuals
from pipelines.lib.training.config import DatasetConfig, Split
from pipelines.lib.training.errors import DatasetRefusedError
from pipelines.lib.training.gates import missing_for_upload
from pipelines.lib.training.jsonl import canonical_line
from pipelines.lib.training.length_balance import cohens_d, length_balance
from pipelines.lib.training.limits import limits_of
from pipelines.lib.training.near_duplicates import drop_near_duplicates, jaccard, shingles
from pipelines.lib.training.quality import quality_problem
from pipelines.lib.training.rendering import supervised_row
from pipelines.lib.training.selection import cap_per_person
from pipelines.lib.training.spool import SpooledRow
from pipelines.lib.training.validators import validate_supervised
from tests.pipelines.training.synthetic import AS_OF

CONFIG = DatasetConfig(as_of=AS_OF, source_cut="cut")


def row(number: int, split: Split = "train", person: str | None = None, family: str | None = None) -> SpooledRow:
    digest = number.to_bytes(4, "big")
    family = family or f"family {number % 5}"
    return SpooledRow(digest, digest, person or f"p{number}", "r", f"v{number}", split, family, 0, 0, 0, 0)


def dataset(train: int = 100, people: int = 100, validation: int = 20) -> list[SpooledRow]:
    rows = [row(number, person=f"p{number % people}") for number in range(train)]
    return rows + [row(1_000 + number, "validation") for number in range(validation)]


def of_one_family(count: int) -> list[SpooledRow]:
    return [row(n, family="data" if n < count else f"f{n}") for n in range(100)] + dataset(0, 1)


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (dataset(), []),
        (dataset(train=99), ["1 more train rows are needed (there are 99)"]),
        (dataset(people=50), []),
        (dataset(people=49), ["1 more people are needed in train (49 now)", "one person has 3.0% of train"]),
        (dataset(validation=19), ["1 more validation rows are needed (19 now)"]),
        (dataset(validation=30), []),
        (dataset(validation=31), ["there are 31 validation rows to 100 train rows"]),
        ([row(n, family="data" if n < 40 else f"f{n}") for n in range(100)] + dataset(0, 1), []),
        (
            [row(n, family="data" if n < 41 else f"f{n}") for n in range(100)] + dataset(0, 1),
            ["job family data has 41%"],
        ),
        ([row(n, person=f"p{max(n, 1)}") for n in range(100)] + dataset(0, 1), []),
        ([row(n, person=f"p{max(n, 2)}") for n in range(100)] + dataset(0, 1), ["one person has 3.0% of train"]),
    ],
)
def test_what_is_enough_to_upload(rows: list[SpooledRow], missing: list[str]) -> None:
    found = missing_for_upload(rows, CONFIG)
    assert len(found) == len(missing)
    assert all(text.startswith(start) for text, start in zip(found, missing, strict=True))


@pytest.mark.parametrize(
    ("words", "problem"), [(249, "too_short"), (250, None), (900, None), (901, "too_long"), (0, "too_short")]
)
def test_how_long_a_resume_is(words: int, problem: str | None) -> None:
    assert quality_problem(" ".join(f"w{n}" for n in range(words)), [], CONFIG) == problem


@pytest.mark.parametrize(("mentions", "problem"), [(9, None), (10, "keyword_stuffing")])
def test_how_often_a_keyword_stands_in_three_hundred_words(mentions: int, problem: str | None) -> None:
    text = " ".join(["sql"] * mentions + [f"w{n}" for n in range(300 - mentions)])
    assert quality_problem(text, ["SQL"], CONFIG) == problem


@pytest.mark.parametrize(("over", "problems"), [(0, 0), (1, 1)])
def test_how_many_bytes_a_row_and_a_file_may_have(over: int, problems: int) -> None:
    limits = limits_of("gemini-2.5-flash")
    empty = len(canonical_line(supervised_row("s", "q", "")))
    line = canonical_line(supervised_row("s", "q", "a" * (131_072 - empty + over)))
    assert len(line) == 131_072 + over
    assert len(validate_supervised("f", [line], limits)) == problems
    assert limits.max_file_bytes == 2**30
    small = replace(limits, max_file_bytes=3 * 131_072 - over)
    line = canonical_line(supervised_row("s", "q", "a" * (131_072 - empty)))
    assert len(validate_supervised("f", [line] * 3, small)) == problems


@pytest.mark.parametrize(("rows", "problems"), [(5_000, 0), (5_001, 1)])
def test_how_many_rows_a_validation_file_may_have(rows: int, problems: int) -> None:
    lines = [canonical_line(supervised_row("s", "q", "a"))] * rows
    limits = limits_of("gemini-2.5-flash")
    assert len(validate_supervised("f", lines, limits, is_validation=True)) == problems
    assert validate_supervised("f", lines, limits) == []


def test_how_many_rows_may_still_hold_personal_data() -> None:
    from collections import Counter

    refuse_residuals(Counter(residual_email=1), 99, CONFIG)
    with pytest.raises(DatasetRefusedError, match="1 of 99 rows"):
        refuse_residuals(Counter(residual_email=1), 98, CONFIG)


@pytest.mark.parametrize(("longer", "refused"), [(10, False), (11, True), (-10, False), (-11, True)])
def test_how_much_longer_preferred_texts_may_be(longer: int, refused: bool) -> None:
    # Lengths vary so much that d stays small: only the mean decides.
    pairs = [(other + longer, other) for other in (20, 180) * 50]
    assert abs(cohens_d(*zip(*pairs, strict=True))) < 0.2
    refused_or_not(pairs, refused=refused)


@pytest.mark.parametrize(("difference", "refused"), [(2, False), (3, True), (-2, False), (-3, True)])
def test_how_large_the_effect_of_length_may_be(difference: int, refused: bool) -> None:
    # Values 990 and 1010 in equal number: standard deviation 10.05, means at most 0.3 % apart; d = difference / 10.05.
    pairs = [(other + difference, other) for other in (990, 1_010) * 50]
    assert (abs(cohens_d(*zip(*pairs, strict=True))) > 0.2) == refused
    refused_or_not(pairs, refused=refused)


def refused_or_not(pairs: list[tuple[int, int]], *, refused: bool) -> None:
    if refused:
        with pytest.raises(DatasetRefusedError):
            length_balance(pairs, CONFIG)
    else:
        assert length_balance(pairs, CONFIG)["pairs"] == len(pairs)


def grams(shared: int, mine: int, mark: str) -> str:
    """A text of shared 5-grams and of some of its own: each letter of an alphabet once gives len - 4 of them."""
    return "".join(chr(0x4E00 + n) for n in range(shared)) + "".join(
        chr((0x6000 if mark == "a" else 0x7000) + n) for n in range(mine)
    )


@pytest.mark.parametrize(
    ("one", "other", "splits", "kept"),
    [
        # 84 letters are 80 grams; a text with 20 letters more has 20 grams more: 80 of 100 is .80 exactly.
        (grams(84, 0, "a"), grams(84, 20, "a"), ("train", "train"), 1),
        (grams(84, 0, "a"), grams(84, 21, "a"), ("train", "train"), 2),
        # 74 letters are 70 grams, 30 more are 100: .70 exactly.
        (grams(74, 0, "a"), grams(74, 30, "a"), ("train", "test"), 1),
        (grams(74, 0, "a"), grams(74, 31, "a"), ("train", "test"), 2),
        (grams(74, 0, "a"), grams(74, 30, "a"), ("train", "train"), 2),
        (grams(74, 0, "a"), grams(74, 30, "a"), ("validation", "test"), 2),
    ],
)
def test_how_alike_two_texts_may_be(one: str, other: str, splits: tuple[Split, Split], kept: int) -> None:
    assert jaccard(shingles(one), shingles(other)) in (0.8, 80 / 101, 0.7, 70 / 101)
    rows = [row(number, split) for number, split in enumerate(splits)]
    texts: dict[str, Any] = {"v0": one, "v1": other}
    found, _ = drop_near_duplicates(rows, lambda entry: texts[entry.resume_version_id], CONFIG)
    assert len(found) == kept
    assert all(entry.split != "train" for entry in found) or splits == ("train", "train") or kept == 2


@pytest.mark.parametrize(
    ("others", "kept"),
    [(149, 3), (147, 3), (146, 2), (98, 2), (97, 1)],
)
def test_a_person_has_three_rows_and_fewer_where_that_would_exceed_their_share(others: int, kept: int) -> None:
    # 3 of 150 are 2 %, 3 of 149 more; 2 of 100 are 2 %, 2 of 99 more.
    rows = [row(number, person="one") for number in range(4)] + [row(10 + number) for number in range(others)]
    found, over, cap = cap_per_person(rows, CONFIG)
    assert sum(entry.person_key == "one" for entry in found) == kept == cap
    assert over == 4 - kept
