"""Near-duplicates: MinHash finds candidates, the exact Jaccard index of character 5-grams decides.

Texts are compared across people: two resumes of one person are alike on purpose. What is found depends on the texts
alone, never on their order, so a build from shuffled rows drops the same ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from rensa import RMinHash

from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.spool import SpooledRow

GRAM = 5
ROWS_PER_BAND = 5
BANDS = 25
"""A pair at Jaccard s shares a band with probability 1 - (1 - s^5)^25: .990 at .70, .99995 at .80 (Leskovec,
Rajaraman, Ullman, Mining of Massive Datasets, section 3.4)."""
PERMUTATIONS = ROWS_PER_BAND * BANDS
SEED = 20_261_201
BYTES_PER_VALUE = 4
CACHED_SETS = 2_000


def shingles(text: str) -> frozenset[str]:
    """The character 5-grams of a normalised text; a shorter text is its own only gram."""
    if len(text) <= GRAM:
        return frozenset([text])
    return frozenset(map("".join, zip(text, text[1:], text[2:], text[3:], text[4:], strict=False)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared grams over all grams of both."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def signature(text: str) -> bytes:
    """The MinHash signature of a text: 125 values of 4 bytes."""
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(list(shingles(text)))  # a minimum over hashes: the order does not matter
    return b"".join(value.to_bytes(BYTES_PER_VALUE, "big") for value in minhash.digest())


def candidate_pairs(signatures: Sequence[bytes], people: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Index pairs (smaller first) of different people that share a band, each once. Holds one band at a time."""
    width = ROWS_PER_BAND * BYTES_PER_VALUE
    seen: set[tuple[int, int]] = set()
    for band in range(BANDS):
        buckets: dict[bytes, list[int]] = defaultdict(list)
        for index, value in enumerate(signatures):
            buckets[value[band * width : (band + 1) * width]].append(index)
        for members in buckets.values():
            for position, one in enumerate(members):
                for other in members[position + 1 :]:
                    pair = (one, other)
                    if people[one] != people[other] and pair not in seen:
                        seen.add(pair)
                        yield pair


def similar_pairs(
    signatures: Sequence[bytes], people: Sequence[str], text_of: Callable[[int], str], threshold: float
) -> Iterator[tuple[int, int, float]]:
    """The candidate pairs whose exact Jaccard index is at least `threshold`."""

    @lru_cache(maxsize=CACHED_SETS)
    def grams(index: int) -> frozenset[str]:
        return shingles(text_of(index))

    for one, other in candidate_pairs(signatures, people):
        similarity = jaccard(grams(one), grams(other))
        if similarity >= threshold:
            yield one, other, similarity


def drop_near_duplicates(
    rows: Sequence[SpooledRow], text_of: Callable[[SpooledRow], str], config: DatasetConfig
) -> tuple[list[SpooledRow], list[SpooledRow]]:
    """Rows that stay, and those that left train because another split holds their like; the rest are near-duplicates.

    First every train row alike (cross_split_jaccard) to a row of another split leaves; then, by rank, a row alike
    (near_duplicate_jaccard) to one that stays goes, so that the smallest content hash survives.
    """
    ranked = sorted(rows, key=lambda row: row.rank)
    signatures = [signature(text_of(row)) for row in ranked]
    people = [row.person_key for row in ranked]
    threshold = min(config.cross_split_jaccard, config.near_duplicate_jaccard)
    alike: dict[int, list[int]] = defaultdict(list)
    leaked: set[int] = set()
    for one, other, similarity in similar_pairs(signatures, people, lambda index: text_of(ranked[index]), threshold):
        splits = (ranked[one].split, ranked[other].split)
        if similarity >= config.cross_split_jaccard and splits[0] != splits[1] and "train" in splits:
            leaked.add(one if splits[0] == "train" else other)
        if similarity >= config.near_duplicate_jaccard:
            alike[max(one, other)].append(min(one, other))
    kept: list[int] = []
    stays: set[int] = set()
    for index in range(len(ranked)):
        if index not in leaked and not any(earlier in stays for earlier in alike.get(index, ())):
            kept.append(index)
            stays.add(index)
    return [ranked[index] for index in kept], [ranked[index] for index in sorted(leaked)]
