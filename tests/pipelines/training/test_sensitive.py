"""Statements about the person's own life, measured on labelled sentences that include nurses and credit unions."""

import csv
from pathlib import Path

from pipelines.lib.training.sensitive import sensitive_group

SENTENCES = list(csv.DictReader(Path(__file__).with_name("sensitive_sentences.csv").open(encoding="utf-8")))


def test_precision_and_recall_on_the_labelled_sentences() -> None:
    assert len(SENTENCES) >= 60
    found = {row["sentence"] for row in SENTENCES if sensitive_group(row["sentence"])}
    own = {row["sentence"] for row in SENTENCES if row["label"] == "1"}
    assert sorted(found - own) == []
    assert sorted(own - found) == []


def test_a_frame_does_not_reach_into_the_next_sentence() -> None:
    assert sensitive_group("I led a team of nine. Cancer research was its subject.") is None
