"""Statements about a person's own health, belief, orientation or union: never learnt from.

The sentence is what decides, not the word: a nurse on an oncology ward and a clerk at a credit union write about their
work. The patterns are data (sensitive.yaml) and are measured on labelled sentences in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import yaml

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
PLACE = re.compile(r"\{([a-z]+)\}")
NO_WORDS = frozenset({"quality", "others", "work", "kind", "sense"})
"""Lists that only bend a frame; each match holds a word of one of the other lists."""


@cache
def patterns() -> dict[str, tuple[tuple[str, ...], re.Pattern[str]]]:
    """Per group the words of which each match holds one, and one pattern: any of its frames, its lists put in."""
    document = yaml.safe_load(Path(__file__).with_name("sensitive.yaml").read_text(encoding="utf-8"))
    found = {}
    for group, rules in document.items():
        if group == "version":
            continue
        lists = {name: list(map(str, words)) for name, words in rules.items() if name != "frames"}
        any_of = {
            name: "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"
            for name, words in lists.items()
        }
        frames = [put_in(frame, any_of) for frame in rules["frames"]]
        words = tuple(word for name, items in lists.items() if name not in NO_WORDS for word in items)
        found[group] = (words, re.compile("|".join(f"(?:{frame})" for frame in frames), re.IGNORECASE))
    return found


def put_in(frame: str, any_of: Mapping[str, str]) -> str:
    """The frame with its places filled."""
    return PLACE.sub(lambda place: any_of[place[1]], frame)


def sensitive_group(text: str) -> str | None:
    """The group of the first statement about the person's own life, or None. Frames never reach past a sentence."""
    return first_statement([text])


def first_statement(texts: Iterable[str]) -> str | None:
    """The same over all texts of a person. All are looked through at once for the words of which each match holds one;
    a text is read only for the groups whose words it has."""
    texts = list(texts)
    found = words_in("\n".join(texts).lower())
    for text in texts if found else ():
        lower = text.lower()
        groups = [group for group, words in found.items() if any(word in lower for word in words)]
        if groups:
            for sentence in SENTENCE_END.split(text):
                for group in groups:
                    if patterns()[group][1].search(sentence):
                        return group
    return None


def words_in(lower: str) -> dict[str, list[str]]:
    """By group, the words that stand in a text of small letters; a group without any is not there."""
    found = {group: [word for word in words if word in lower] for group, (words, _) in patterns().items()}
    return {group: words for group, words in found.items() if words}
