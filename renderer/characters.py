"""Characters before they are set: one spelling per letter, nothing invisible that could hide or forge text.

Extraction from a PDF is only as good as the characters that go in: a ligature code point, a private presentation
form or an invisible control reads differently in every extractor.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Latin and Armenian ligatures, Hebrew and Arabic presentation forms, letters that only look bold or italic (social
# networks are full of them, and no search finds them): NFKC gives the letters they stand for.
COMPATIBILITY_FORMS = re.compile("[ﬀ-ﭏﭐ-﷿ﹰ-ﻼ\U0001d400-\U0001d7ff]+")
LINE_BREAKS = re.compile("\r\n|\r|\x0b|\x0c")
# Line breaks that Markdown does not know: inside a sentence they mean a space.
SENTENCE_BREAKS = re.compile("[\x1c-\x1f\x85\u2028\u2029]")
# Joiners change letter shapes in Arabic and Indic scripts and mean nothing between other letters.
JOINERS = re.compile(
    "(?<![\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff])[\u200c\u200d]+"
)
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u061c"
    "\u202a-\u202c\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff\U0001d173-\U0001d17a]+"
)
# Removed without a word to the person: editors and word processors leave these everywhere.
UNREMARKABLE = frozenset("\u00ad\u200b\u200e\u200f\u061c\u2060\ufeff\ufe0e\ufe0f\u200c\u200d")

MAXIMUM_MARKS = 6
OVERRIDES = re.compile("[\u202d\u202e]")


@dataclass(frozen=True, slots=True)
class CleanText:
    """Text fit to be set, and the distinct characters that were taken out, as `U+XXXX`."""

    text: str
    removed: tuple[str, ...]


def clean(text: str) -> CleanText:
    """Normalise to NFC, spell out compatibility forms, drop invisible characters.

    >>> clean("e\\u0301\\ufb01le\\x00").text
    'éfile'
    """
    text = LINE_BREAKS.sub("\n", text)
    text = SENTENCE_BREAKS.sub(" ", text)
    text = COMPATIBILITY_FORMS.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    text = unicodedata.normalize("NFC", text)
    removed: set[str] = set()

    def drop(match: re.Match[str]) -> str:
        removed.update(match.group())
        return ""

    text = INVISIBLE.sub(drop, text)
    text = JOINERS.sub(drop, text)
    reported = sorted(removed - UNREMARKABLE)
    return CleanText(text, tuple(f"U+{ord(character):04X}" for character in reported))


def longest_mark_run(text: str) -> int:
    """Most combining marks that follow one another; a letter in a living script carries a few, zalgo dozens."""
    longest = current = 0
    for character in text:
        if character < "\u0300":
            current = 0
        elif unicodedata.category(character) in {"Mn", "Me"}:
            current += 1
            longest = max(longest, current)
        else:
            current = 0
    return longest


def has_override(text: str) -> bool:
    """Whether a bidirectional override makes the page read differently from the text."""
    return OVERRIDES.search(text) is not None
