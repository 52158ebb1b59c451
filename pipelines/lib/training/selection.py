"""Which of the accepted rows stay: one of each text, few of each person. Independent of the order rows came in."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

from pipelines.lib.training.config import SPLITS, DatasetConfig
from pipelines.lib.training.limits import DatasetLimits
from pipelines.lib.training.spool import SpooledRow


def normalised_text(text: str) -> str:
    """The text that counts as the same: NFKC, case folded, whitespace collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def drop_exact_duplicates(rows: Iterable[SpooledRow]) -> tuple[list[SpooledRow], int]:
    """One row per normalised text: the one that ranks first. Returns the rows by rank, and how many went."""
    best: dict[bytes, SpooledRow] = {}
    count = 0
    for row in rows:
        count += 1
        known = best.get(row.text_hash)
        if known is None or row.rank < known.rank:
            best[row.text_hash] = row
    kept = sorted(best.values(), key=lambda row: row.rank)
    return kept, count - len(kept)


def cap_per_person(rows: Iterable[SpooledRow], config: DatasetConfig) -> tuple[list[SpooledRow], int, int]:
    """At most `max_rows_per_person` rows of each person, fewer while one would exceed their share of the train rows.

    Returns the rows by rank, how many went, and the cap that was used.
    """
    ranked = sorted(rows, key=lambda row: row.rank)
    kept = ranked
    cap = config.max_rows_per_person
    for cap in range(config.max_rows_per_person, 0, -1):
        kept = first_of_each_person(ranked, cap)
        train = Counter(row.person_key for row in kept if row.split == "train")
        if not train or max(train.values()) <= config.max_person_share * train.total():
            break
    return kept, len(ranked) - len(kept), cap


def first_of_each_person(ranked: Iterable[SpooledRow], cap: int) -> list[SpooledRow]:
    """The first `cap` rows of each person."""
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for row in ranked:
        if seen[row.person_key] < cap:
            seen[row.person_key] += 1
            kept.append(row)
    return kept


def fit_files(rows: Iterable[SpooledRow], limits: DatasetLimits) -> tuple[list[SpooledRow], int]:
    """As many rows of each split as its file may hold, the first by rank: hashes rank, so these are a sample by chance.

    Without it a dataset would be refused for being too good to be uploaded: at a million resumes the train file alone
    is above a gigabyte. Returns the rows by rank, and how many went.
    """
    ranked = sorted(rows, key=lambda row: row.rank)
    bytes_left = dict.fromkeys(SPLITS, limits.max_file_bytes)
    rows_left = dict.fromkeys(SPLITS, len(ranked)) | {"validation": limits.max_validation_rows}
    kept = []
    for row in ranked:
        bytes_left[row.split] -= row.length
        rows_left[row.split] -= 1
        if bytes_left[row.split] >= 0 and rows_left[row.split] >= 0:  # below zero it stays: no short row slips in later
            kept.append(row)
    return kept, len(ranked) - len(kept)
