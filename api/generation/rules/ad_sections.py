"""Which parts of an ad say what is needed and which what is wished for.

Must or nice is the ad's own word: a heading ("Nice to have"), or a cue in the sentence ("is a plus", "required").
Anything else is read as needed, unless the ad has a section of requirements and this is not in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from api.generation.rules.data_files import read_yaml
from api.generation.rules.folding import fold_case, fold_characters

Requirement = Literal["must", "nice"]
_CLAUSE_END = re.compile(r"[.!?。！？](?=\s|$)|[;；]|\n|。|！")
_SEGMENT_END = re.compile(r",\s*(?:but|aber|mais|pero)\b|,|\bbut\b|\baber\b|\bmais\b|\bpero\b|、|，")
_TURN = re.compile(r"\b(?:but|aber|mais|pero)\b")
_INLINE = re.compile(r"^\W{0,6}([^\n:：]{2,60})[:：]")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$|\s*\([^()]{0,40}\)\W*$")
_BULLET = re.compile(r"\s*[-*·–] ")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of an ad that speaks with one voice. `requirement` is what it says about what it names."""

    start: int
    end: int
    requirement: Requirement
    told: bool


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    rules: Any = read_yaml("requirement_words.yaml")
    return {key: re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) for key, patterns in rules.items()}


def read_clauses(text: str) -> tuple[Clause, ...]:
    """The text cut into clauses, each with what it says; covers the whole text, linear in its length."""
    folded = fold_case(fold_characters(text))
    pieces = _cut(folded)
    sections = _sections(folded, pieces)
    has_must_section = "must_headings" in sections
    clauses: list[Clause] = []
    for (start, end), section in zip(pieces, sections, strict=True):
        clauses.extend(_clauses_of(folded, start, end, section, has_must_section))
    return tuple(clauses)


def _cut(folded: str) -> list[tuple[int, int]]:
    pieces, start = [], 0
    for match in _CLAUSE_END.finditer(folded):
        pieces.append((start, match.end()))
        start = match.end()
    if start < len(folded):
        pieces.append((start, len(folded)))
    return pieces


def _sections(folded: str, pieces: list[tuple[int, int]]) -> list[str]:
    """The kind of section each piece stands in. A heading is a short line, or the words before a colon."""
    kinds, current = [], ""
    for start, end in pieces:
        piece = folded[start:end]
        inline = _INLINE.match(piece)
        heading = inline.group(1) if inline else piece if len(piece) < 60 and not _BULLET.match(piece) else ""
        kind = _heading_kind(heading) if heading else ""
        at_line_start = start == 0 or folded[start - 1] == "\n" or not folded[max(0, start - 2) : start].strip(" \n")
        if kind and (inline or at_line_start):
            current = kind
        kinds.append(current)
    return kinds


def _heading_kind(heading: str) -> str:
    plain = " ".join(_EDGES.sub("", _EDGES.sub("", heading)).split())
    for kind in ("nice_headings", "told_headings", "must_headings"):
        if plain and _patterns()[kind].fullmatch(plain):
            return kind
    return ""


def _clauses_of(folded: str, start: int, end: int, section: str, has_must_section: bool) -> list[Clause]:
    patterns = _patterns()
    told = section == "told_headings"
    if section == "nice_headings":
        default: Requirement = "nice"
    elif section == "must_headings" or not has_must_section:
        default = "must"
    else:
        default = "nice"
    piece = folded[start:end]
    nice, must = patterns["nice_cues"].search(piece), patterns["must_cues"].search(piece)
    if nice and must:
        return _segments(folded, start, end, default, told)
    if nice:
        return [Clause(start, end, "nice", told)]
    if must and section != "nice_headings" and not told:
        return [Clause(start, end, "must", told)]
    return [Clause(start, end, default, told)]


def _segments(folded: str, start: int, end: int, default: Requirement, told: bool) -> list[Clause]:
    """A sentence with both kinds of cue, cut at its commas; a segment without one follows its neighbour."""
    patterns = _patterns()
    cuts = [start, *(match.end() for match in _SEGMENT_END.finditer(folded, start, end)), end]
    spans = [(low, high) for low, high in pairwise(cuts) if high > low]
    own: list[Requirement | None] = []
    for low, high in spans:
        piece = folded[low:high]
        nice, must = patterns["nice_cues"].search(piece), patterns["must_cues"].search(piece)
        own.append("nice" if nice else "must" if must else None)
    found: list[Requirement] = []
    for index, value in enumerate(own):
        if value is not None:
            found.append(value)
            continue
        previous = found[-1] if found else None
        turned = _TURN.search(folded, *spans[index]) is not None
        following = None if turned else next((later for later in own[index + 1 :] if later is not None), None)
        found.append(previous or following or default)
    return [Clause(low, high, value, told) for (low, high), value in zip(spans, found, strict=True)]
