"""Precision, recall and speed of the skill matcher on labelled ads and resume passages, beside a naive matcher.

The figures are of the half that was frozen before tuning (`data/keywords/frozen.yaml`). The naive matcher searches the
same spellings with word boundaries and without regard to capitals: what most resume tools do.

Run: `python -m benchmarks.keywords [--half frozen|tuning] [--errors]`. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import yaml

from api.generation.rules.matcher import find_skills
from api.generation.rules.taxonomy import load_taxonomy

DATA = Path(__file__).parent / "data" / "keywords"
SPEED_BYTES = 1_000_000
AD_CHARACTERS = 4_000
PASSES = 5


@dataclass(frozen=True, slots=True)
class Document:
    """A labelled text. `expected` holds skill ids, and the bare label where the vocabulary has no such skill."""

    id: str
    language: str
    text: str
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over all documents of (document, skill) pairs."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def load_documents(half: str) -> list[Document]:
    """The documents of one half, labels resolved to skill ids."""
    content: dict[str, Any] = yaml.safe_load((DATA / f"{half}.yaml").read_text(encoding="utf-8"))
    return [
        Document(row["id"], row["language"], row["text"], frozenset(_skill_id(str(label)) for label in row["skills"]))
        for row in content["documents"]
    ]


def _skill_id(label: str) -> str:
    taxonomy = load_taxonomy()
    by_name = {skill.name.lower(): skill.id for skill in taxonomy.skills.values()}
    found = by_name.get(label.lower())
    if found is None and label.lower() in taxonomy.surfaces:
        found = taxonomy.surfaces[label.lower()][0].skill_id
    return found or label


def matcher(text: str) -> frozenset[str]:
    """What the product finds."""
    return frozenset(match.skill_id for match in find_skills(text))


@cache
def _naive_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    surfaces = {text: found[0].skill_id for text, found in load_taxonomy().surfaces.items()}
    longest_first = sorted(surfaces, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b", re.IGNORECASE), surfaces


def naive(text: str) -> frozenset[str]:
    """Word boundaries, any capitals, longest spelling first: no context, no signs, no scripts."""
    pattern, surfaces = _naive_pattern()
    return frozenset(
        surfaces[match.group().lower()] for match in pattern.finditer(text) if match.group().lower() in surfaces
    )


def measure(documents: list[Document], find: Callable[[str], frozenset[str]], *, errors: bool = False) -> Figures:
    """Compare what is found with the labels."""
    right = wrong = missed = 0
    for document in documents:
        found = find(document.text)
        right += len(found & document.expected)
        wrong += len(found - document.expected)
        missed += len(document.expected - found)
        if errors and found != document.expected:
            print(document.id, "+", sorted(found - document.expected), "-", sorted(document.expected - found))
    return Figures(right, wrong, missed)


def speed(texts: list[str], find: Callable[[str], object]) -> float:
    """Megabytes of UTF-8 per second of processor time on one core: the best of some passes over about 1 MB."""
    size = sum(len(text.encode()) for text in texts)
    repeats = SPEED_BYTES // size + 1
    best = float("inf")
    for _ in range(PASSES):
        started = time.process_time()
        for _ in range(repeats):
            for text in texts:
                find(text)
        best = min(best, time.process_time() - started)
    return size * repeats / 1e6 / best


def naive_speed(documents: list[Document]) -> float:
    """The naive matcher's speed over the same texts once: one large expression is slow, so it gets one pass."""
    texts = speed_texts(documents, with_prose=True)
    started = time.process_time()
    for text in texts:
        naive(text)
    return sum(len(text.encode()) for text in texts) / 1e6 / (time.process_time() - started)


def speed_texts(documents: list[Document], *, with_prose: bool) -> list[str]:
    """Texts of about 4 kB, the size of an ad.

    The labelled passages alone name a skill every 20 bytes, several times as densely as ads do: the hard case. With
    as much of the prose that ads also consist of (the firm, the offer, the law), they are as dense as ads.
    """
    content: dict[str, list[str]] = yaml.safe_load((DATA / "prose.yaml").read_text(encoding="utf-8"))
    paragraphs = content["paragraphs"]
    texts: list[str] = []
    current, prose, turn = "", 0, 0
    for document in documents:
        current = f"{current}\n\n{document.text}"
        while with_prose and prose < len(current) - prose:
            current = f"{current}\n\n{paragraphs[turn % len(paragraphs)]}"
            prose += len(paragraphs[turn % len(paragraphs)])
            turn += 1
        if len(current) >= AD_CHARACTERS:
            texts.append(current)
            current, prose = "", 0
    return [*texts, current] if current else texts


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("frozen", "tuning"), default="frozen")
    parser.add_argument("--errors", action="store_true", help="print what was wrong and missed, per document")
    parser.add_argument("--quick", action="store_true", help="every third document")
    options = parser.parse_args()
    documents = load_documents(options.half)[:: 3 if options.quick else 1]
    ours = measure(documents, matcher, errors=options.errors)
    theirs = measure(documents, naive)
    result = {
        "precision": round(ours.precision, 4),
        "recall": round(ours.recall, 4),
        "naive_precision": round(theirs.precision, 4),
        "naive_recall": round(theirs.recall, 4),
        "mb_per_second": round(speed(speed_texts(documents, with_prose=True), find_skills), 2),
        "dense_mb_per_second": round(speed(speed_texts(documents, with_prose=False), find_skills), 2),
        "naive_mb_per_second": round(naive_speed(documents), 3),
        "rows": len(documents),
        "all_rows": len(load_documents("frozen")) + len(load_documents("tuning")),
        "half": options.half,
        "languages": len({document.language for document in documents}),
        "skills": len(load_taxonomy().skills),
        "taxonomy_version": load_taxonomy().version,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
