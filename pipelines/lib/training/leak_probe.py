"""Whether a prompt gives the outcome away: how well a classifier that reads prompts tells the outcomes apart.

A prompt may say as much as job family and seniority say, because both stand in it; what it says beyond that deserves a
look. The classifier is an averaged perceptron over the words of a prompt (Freund and Schapire, 1999, Machine Learning
37:277), tested on people it has not seen. All of it is counted in whole numbers, so that every machine finds the same
figures, and on few rows chosen by hash, so that it costs seconds whatever the size of the data.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

MOST_OF_AN_OUTCOME = 500
LEAST_OF_AN_OUTCOME = 20
FOLDS, ROUNDS = 5, 3
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, order=True)
class Probed:
    """One prompt, by its words. Its hash decides whether it is among those looked at, and in which order."""

    digest: bytes
    fold: int
    won: bool
    group: tuple[str, str]
    words: frozenset[str] = field(compare=False)


@dataclass
class LeakProbe:
    """Gathers prompts with a known outcome while a build reads them, and reports at the end."""

    kept: dict[bool, list[tuple[int, Probed]]] = field(default_factory=lambda: {True: [], False: []})

    def add(
        self, key: str, person_key: str, group: tuple[str, str], prompt: Callable[[], str | None], *, won: bool
    ) -> None:
        """Offer a row: its key, who it is of, job family and seniority. `prompt` is called only when it is kept; a row
        without one is not."""
        digest = hashlib.sha256(f"probe\0{key}".encode()).digest()
        rank = -int.from_bytes(digest, "big")  # a heap gives up its smallest first, here the largest hash
        heap = self.kept[won]
        is_full = len(heap) == MOST_OF_AN_OUTCOME
        if (is_full and rank <= heap[0][0]) or (text := prompt()) is None:
            return
        fold = hashlib.sha256(f"probe\0{person_key}".encode()).digest()[0] % FOLDS
        probed = Probed(digest, fold, won, group, frozenset(WORD.findall(text.casefold())))
        if is_full:
            heapq.heapreplace(heap, (rank, probed))
        else:
            heapq.heappush(heap, (rank, probed))

    def as_document(self) -> dict[str, Any]:
        """How many rows were looked at, and both areas under the curve; None with too few of either outcome."""
        rows = sorted(probed for heap in self.kept.values() for _, probed in heap)
        won = sum(row.won for row in rows)
        enough = min(won, len(rows) - won) >= LEAST_OF_AN_OUTCOME
        return {
            "rows": len(rows),
            "rows_won": won,
            "prompt_auc": across_folds(rows, by_words) if enough else None,
            "family_seniority_auc": across_folds(rows, by_group) if enough else None,
        }


def across_folds(rows: Sequence[Probed], learn: Callable[[Sequence[Probed]], Callable[[Probed], Any]]) -> float | None:
    """The area under the ROC curve: of all pairs of a won and another row of one fold, the share ranked right.

    Ties count half. Each fold is ranked by what was learnt from the others.
    """
    right = pairs = 0
    for fold in range(FOLDS):
        score = learn([row for row in rows if row.fold != fold])
        held_out = [(score(row), row.won) for row in rows if row.fold == fold]
        counts = concordance(held_out)
        right, pairs = right + counts[0], pairs + counts[1]
    return round(right / (2 * pairs), 4) if pairs else None


def concordance(scored: Sequence[tuple[Any, bool]]) -> tuple[int, int]:
    """Twice the pairs ranked right, ties once; and the number of pairs."""
    won = Counter(score for score, is_won in scored if is_won)
    lost = Counter(score for score, is_won in scored if not is_won)
    below = right = 0
    for score in sorted(won.keys() | lost.keys()):
        right += won[score] * (2 * below + lost[score])
        below += lost[score]
    return right, won.total() * lost.total()


def by_words(rows: Sequence[Probed]) -> Callable[[Probed], int]:
    """An averaged perceptron over words; one that stands in a single prompt, or in all, teaches nothing."""
    frequency = Counter(word for row in rows for word in row.words)
    known = {word for word, count in frequency.items() if 1 < count < len(rows)}
    examples = [(sorted(row.words & known), 1 if row.won else -1) for row in rows]
    weights: dict[str, int] = defaultdict(int)
    sums: dict[str, int] = defaultdict(int)
    step, bias, bias_sum = 1, 0, 0
    for _ in range(ROUNDS):
        for words, sign in examples:
            if sign * (bias + sum(map(weights.__getitem__, words))) <= 0:
                for word in words:
                    weights[word] += sign
                    sums[word] += sign * step
                bias, bias_sum = bias + sign, bias_sum + sign * step
            step += 1
    average = {word: weights[word] * step - sums[word] for word in weights}
    return lambda row: bias * step - bias_sum + sum(average.get(word, 0) for word in row.words)


def by_group(rows: Sequence[Probed]) -> Callable[[Probed], Fraction]:
    """The share of wins of the row's job family and seniority; nothing can rank better by those two alone."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        counts[row.group][row.won] += 1
    everybody = Fraction(sum(row.won for row in rows) + 1, len(rows) + 2)
    shares = {group: Fraction(won + 1, won + lost + 2) for group, (lost, won) in counts.items()}
    return lambda row: shares.get(row.group, everybody)


def describe(probe: dict[str, Any]) -> Iterator[str]:
    """What a person should make of it."""
    if probe["prompt_auc"] is None:
        yield (
            f"Too few rows with a known outcome to tell ({probe['rows_won']} won of {probe['rows']}; at least"
            f" {LEAST_OF_AN_OUTCOME} of either are needed)."
        )
        return
    yield (
        f"A classifier that reads prompts ranks outcomes with an AUC of {probe['prompt_auc']:.2f}, job family and"
        f" seniority alone with {probe['family_seniority_auc']:.2f}\n({probe['rows']} rows, {probe['rows_won']} won;"
        " 0.50 is chance). The first far above the second would mean that prompts give the outcome away."
    )
