"""The words of a text in ASCII. Most texts hold no identifier, and a look at their words says so more cheaply than a
search with a pattern; several detectors take that look at the same text, one after the other."""

from __future__ import annotations

import re
from functools import lru_cache

WORD = re.compile(r"[a-z]+")


@lru_cache(maxsize=64)
def ascii_words(text: str) -> frozenset[str]:
    """Its runs of letters, in small letters."""
    return frozenset(WORD.findall(text.lower()))


def may_hold(text: str, words: frozenset[str]) -> bool:
    """Whether a text may match a pattern whose every match in ASCII holds one of these words."""
    return not text.isascii() or not words.isdisjoint(ascii_words(text))
