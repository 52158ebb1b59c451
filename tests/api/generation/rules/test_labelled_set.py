from __future__ import annotations

from benchmarks.keywords import load_documents, matcher, measure, naive


def test_the_frozen_half_meets_its_aim() -> None:
    frozen = load_documents("frozen")
    figures, rough = measure(frozen, matcher), measure(frozen, naive)
    assert figures.precision >= 0.97
    assert figures.recall >= 0.93
    assert figures.precision > rough.precision
    assert figures.recall > rough.recall


def test_the_set_is_as_wide_as_it_says() -> None:
    frozen, tuning = load_documents("frozen"), load_documents("tuning")
    every = [*frozen, *tuning]
    assert len(every) >= 150
    assert len(frozen) >= len(every) / 2
    assert {document.language for document in every} >= {"en", "de", "fr", "es", "ja"}
    assert len({document.id for document in every}) == len(every)
    assert sum(not document.expected for document in every) >= 6


def test_figures_count_pairs() -> None:
    documents = load_documents("tuning")[:3]
    nothing = measure(documents, lambda _: frozenset())
    assert (nothing.right, nothing.wrong, nothing.recall, nothing.precision) == (0, 0, 0.0, 1.0)
    noise = measure(documents, lambda _: frozenset({"x"}))
    assert (noise.right, noise.precision) == (0, 0.0)
