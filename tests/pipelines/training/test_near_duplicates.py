"""Near-duplicates are found as the exact comparison finds them, and dropped independently of order."""

import hashlib
import random

import pytest

from pipelines.lib.training.config import DatasetConfig, Split
from pipelines.lib.training.near_duplicates import drop_near_duplicates, jaccard, shingles, signature, similar_pairs
from pipelines.lib.training.spool import SpooledRow
from tests.pipelines.training.synthetic import AS_OF

CONFIG = DatasetConfig(as_of=AS_OF, source_cut="cut")
WORDS = [hashlib.sha256(str(number).encode()).hexdigest()[: 3 + number % 7] for number in range(3_000)]


def text(seed: int, words: int = 250) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def altered(source: str, share: float, seed: int) -> str:
    choose = random.Random(seed)
    return " ".join(choose.choice(WORDS) if choose.random() < share else word for word in source.split())


def row(person: str, content: str, split: Split = "train") -> SpooledRow:
    digest = hashlib.sha256(content.encode()).digest()
    return SpooledRow(digest, digest, person, f"r-{person}", f"v-{person}", split, "data", 0, 0, 0, 0)


def drop(rows: list[tuple[SpooledRow, str]]) -> tuple[list[str], int, int]:
    texts = {entry.resume_version_id: content for entry, content in rows}
    kept, leaked = drop_near_duplicates(
        [entry for entry, _ in rows], lambda entry: texts[entry.resume_version_id], CONFIG
    )
    return sorted(entry.person_key for entry in kept), len(rows) - len(kept) - len(leaked), len(leaked)


def test_candidates_miss_hardly_any_pair_of_the_exact_set() -> None:
    texts = [text(seed) for seed in range(150)]
    texts += [altered(texts[seed], 0.02 + 0.001 * seed, seed) for seed in range(150)]
    grams = [shingles(content) for content in texts]
    exact = {
        (one, other)
        for one in range(len(texts))
        for other in range(one + 1, len(texts))
        if jaccard(grams[one], grams[other]) >= 0.70
    }
    people = [f"p{index}" for index in range(len(texts))]
    found = {
        (one, other) for one, other, _ in similar_pairs([signature(t) for t in texts], people, texts.__getitem__, 0.70)
    }
    assert found <= exact
    assert len(found) >= 0.98 * len(exact)
    assert len(exact) > 50


def test_the_smallest_content_hash_survives_whatever_the_order() -> None:
    first = text(1)
    entries = [(row(f"p{n}", content), content) for n, content in enumerate((first, altered(first, 0.01, 5), text(2)))]
    smallest = min(entries[:2], key=lambda entry: entry[0].rank)[0].person_key
    for order in (entries, entries[::-1]):
        assert drop(order) == (sorted([smallest, "p2"]), 1, 0)


def test_rows_of_one_person_are_not_compared() -> None:
    first = text(1)
    other = altered(first, 0.01, 5)
    entries = [(row("p", first), first), (row("p", other), other)]
    texts = {entry.content_hash: content for entry, content in entries}
    kept, leaked = drop_near_duplicates(
        [entry for entry, _ in entries], lambda entry: texts[entry.content_hash], CONFIG
    )
    assert (len(kept), leaked) == (2, [])


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_a_train_row_like_one_of_another_split_leaves_train(share: float) -> None:
    held_out = text(1)
    copy = altered(held_out, share, 9)
    assert jaccard(shingles(held_out), shingles(copy)) >= 0.70
    assert drop([(row("a", held_out, "test"), held_out), (row("b", copy), copy)]) == (["a"], 0, 1)


def test_different_texts_and_short_texts_stay() -> None:
    entries = [(row(f"p{n}", content), content) for n, content in enumerate((text(1), text(2), "ab", ""))]
    assert drop(entries) == (["p0", "p1", "p2", "p3"], 0, 0)
