"""Statements about a person's own health, belief, orientation or union: never learnt from.

The sentence is what decides, not the word: a nurse on an oncology ward and a clerk at a credit union write about their
work. The patterns are data (sensitive.yaml) and are measured on labelled sentences in the tests.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """One pattern per group: any of its frames with any of its terms in the place of `{term}`."""
    document = yaml.safe_load(Path(__file__).with_name("sensitive.yaml").read_text(encoding="utf-8"))
    found = {}
    for group, rules in document.items():
        if group == "version":
            continue
        terms = "(?:" + "|".join(re.escape(term) for term in sorted(rules["terms"], key=len, reverse=True)) + ")"
        frames = "|".join(f"(?:{frame.replace('{term}', terms)})" for frame in rules["frames"])
        found[group] = re.compile(frames, re.IGNORECASE)
    return found


def sensitive_group(text: str) -> str | None:
    """The group of the first statement about the person's own life, or None. Frames never reach past a sentence."""
    for sentence in SENTENCE_END.split(text):
        for group, pattern in patterns().items():
            if pattern.search(sentence):
                return group
    return None
