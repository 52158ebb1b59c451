"""What an ad names only to say that it is not asked for: "no Java needed", "this is not a remote position".

A term that is denied is not a term of the ad: read as one, it would tell the person what they lack, and order their
resume by it. Only a denial that reaches the term over words that cannot turn the sense counts, so "not only Python"
and "do not apply without Java" stay what they are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Literal

from api.generation.rules.data_files import read_yaml

Denial = Literal["need", "use"]
_NAMED = "\u00a7"
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|\n")
_SPACES = re.compile(r"\s+")
_FAR = 200
# In Portuguese "no" is "in the": "experiência no Excel".
_PORTUGUESE = re.compile(r"[ãõ]|ência\b|\b(?:com|para|você|domínio|avançado)\b")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    rules: Any = read_yaml("negation_words.yaml")
    filler, joint = rules["filler"], rules["joint"]
    # Every repetition is bounded and white space is single by then: the time is linear in the length of the ad.
    listed = rf"{_NAMED}(?:(?: ?, ?{_NAMED}){{0,8}} ?,? ?{joint} ?(?:{filler} ){{0,2}}{_NAMED}){{0,4}}"
    gap = rf"(?:[ (]{{1,2}}{filler}){{0,6}}[ ('\"]{{0,3}}"
    found = {key: re.compile(rules[key]) for key in ("condition", "second", "wish", "need")}
    found["denied"] = re.compile(rf"(?:{'|'.join(rules['before'])}){gap}(?P<list>{listed})")
    found["without"] = re.compile(rf"{rules['without']}{gap}(?P<list>{listed})")
    found["after"] = re.compile(
        rf"(?P<list>{listed})(?:[ ,()-]{{0,3}}{rules['after_filler']}){{0,5}}[ ,(-]{{0,3}}(?:{rules['after']})"
    )
    return found


def find_denials(folded: str, spans: Sequence[tuple[int, int]]) -> dict[int, Denial]:
    """The denied ones of these stretches of a folded text, by index: `need` when the ad denies needing them."""
    found: dict[int, Denial] = {}
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(folded)), len(folded)]
    first = 0
    for index in range(len(ends) - 1):
        last = first
        while last < len(spans) and spans[last][0] < ends[index + 1]:
            last += 1
        if last > first:
            _read_sentence(folded, ends[index], ends[index + 1], list(range(first, last)), spans, found)
        first = last
    return found


def denied_places(folded: str, spans: Iterable[tuple[int, int]]) -> frozenset[int]:
    """The starts of the denied ones of these stretches, which may overlap or come out of order."""
    merged: list[tuple[int, int]] = []
    part_of: dict[int, int] = {}
    for low, high in sorted(set(spans)):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
        part_of[low] = len(merged) - 1
    denials = find_denials(folded, merged)
    return frozenset(start for start, index in part_of.items() if index in denials)


def _read_sentence(
    folded: str, start: int, end: int, indexes: list[int], spans: Sequence[tuple[int, int]], found: dict[int, Denial]
) -> None:
    """Reads one sentence in which each stretch is replaced by one sign, so that lists of them are seen as lists."""
    text, position = "", start
    places: list[int] = []
    for index in indexes:
        low, high = spans[index]
        text += _plain(folded[position : max(low, position)])
        places.append(len(text))
        text += _NAMED
        position = max(position, high)
    text += _plain(folded[position:end])
    patterns = _patterns()
    for name in ("denied", "without", "after"):
        for match in patterns[name].finditer(text):
            low, high = max(0, match.start() - _FAR), match.end() + _FAR
            turned = "second" if name == "without" else "wish"
            if patterns["condition"].search(text, low, match.start()) or patterns[turned].search(text, low, high):
                continue
            if match.group().startswith("no ") and _PORTUGUESE.search(text, low, high):
                continue
            said = text[match.start() : match.end() + 40]
            for place in range(match.start("list"), match.end("list")):
                if text[place] == _NAMED:
                    at = indexes[bisect_left(places, place)]
                    found[at] = "need" if patterns["need"].search(said) else "use"


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text.replace(_NAMED, " "))
