"""A name that we know, in any form a text may give it: other letter case or accents, turned round, with initials.

The text is compared in a plain form (no case, no accents, no invisible marks) in which each character remembers where
it came from, so that what is found can be cut out of the text as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

LETTERS = {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"}
UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"}
INFLECTED = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")
"""Greek and Cyrillic names take endings."""
UNSPACED = re.compile(r"[\u1100-\u11ff\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
PREFIXED = re.compile(r"[\u0590-\u06ff]")
"""Hebrew and Arabic write `and`, `to`, `of` at the front of a word."""
BREAK = r"(?:[-‐]\s+)?"
"""A word that a line end has cut."""
BETWEEN = r"[\s.,_·'’‐‑–-]+"
SHORTEST_STEM = 3


@lru_cache(maxsize=1_024)
def plain(text: str) -> tuple[str, Sequence[int]]:
    """The text without case, accents and invisible marks, and for each of its characters the place in `text`.

    Remembered, because every name of a row is looked for in each of its texts.
    """
    if text.isascii():
        return text.lower(), range(len(text))
    marks: list[str] = []
    places: list[int] = []
    for place, mark in enumerate(text):
        for part in unicodedata.normalize("NFKD", mark.casefold()):
            if unicodedata.category(part) not in ("Mn", "Cf"):
                replaced = LETTERS.get(part, part)
                marks.append(replaced)
                places += [place] * len(replaced)
    return "".join(marks), places


def spans_of_known(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each place where `text` says this name."""
    pattern = known_pattern(name)
    if pattern is None:
        return
    folded, places = plain(text)
    for found in pattern.finditer(folded):
        yield places[found.start()], places[found.end() - 1] + 1


@lru_cache(maxsize=4_096)
def known_pattern(name: str) -> re.Pattern[str] | None:
    """What to look for in a plain text; None for a name without letters."""
    words = [word for word in re.split(r"[\s,]+", name.strip()) if any(map(str.isalpha, word))]
    if not words:
        return None
    alternatives = [joined(words)]
    if len(words) > 1:
        first, last = words[0], words[-1]
        alternatives += [joined([*words[1:], first]), joined([last, *words[:-1]])]
        if not UNSPACED.search(name):
            initial = re.escape(plain(first)[0][:1])
            middle = r"(?:[\s-]*\w\.\s*){0,2}"
            alternatives += [
                rf"{spelled(first)}\s+\w\.?\s+{spelled(last)}",
                rf"{spelled(first)}{BETWEEN}{spelled(last)}",
                rf"{spelled(last)}{BETWEEN}{spelled(first)}",
                rf"{initial}\.{middle}\s*{spelled(last)}" if len(last) > SHORTEST_STEM else joined(words),
                rf"{spelled(last)},?\s+{initial}\.{middle}",
            ]
    before = "" if UNSPACED.search(name) or PREFIXED.search(name) else r"(?<![^\W_])"
    after = "" if UNSPACED.search(name) else r"(?![^\W_])"
    return re.compile(f"{before}(?:{'|'.join(dict.fromkeys(alternatives))}){after}")


def joined(words: list[str]) -> str:
    """The words one after the other, whatever stands between them; nothing need stand there without spaces."""
    between = r"[\s·・,]*" if any(UNSPACED.search(word) for word in words) else BETWEEN
    return between.join(map(spelled, words))


def spelled(word: str) -> str:
    """One word, hyphens in it free, broken by a line end, with the endings of its language."""
    forms = dict.fromkeys((plain(word)[0], plain("".join(UMLAUTS.get(mark, mark) for mark in word.lower()))[0]))
    return f"(?:{'|'.join(spelled_form(form) for form in forms)})"


def spelled_form(form: str) -> str:
    """The letters of a plain word, its hyphens or apostrophes optional, and its endings."""
    ending = ""
    if INFLECTED.search(form) and len(form) > SHORTEST_STEM:
        stem = re.sub(r"[аеёиоуыэюяйьіїєαεηιουωσ]{1,2}$", "", form)
        form, ending = (stem, r"\w{0,3}") if len(stem) >= SHORTEST_STEM else (form, "")
    cut = r"\s?" if UNSPACED.search(form) else BREAK
    parts = [cut.join(map(re.escape, part)) for part in re.split(r"[-‐‑'’.]", form) if part]
    return r"[\s.'’‐‑-]*".join(parts) + ending
