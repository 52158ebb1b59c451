"""Finding skills in any text: job ads, resumes, in every script.

Word-boundary search finds `C` in "C++" and misses `C#`; a model finds what is not there. This matcher reads words
once from left to right, follows a tree of known spellings from each word and keeps the longest, so its time grows
with the length of the text only. Spellings that are also ordinary words are judged by their surroundings
(`match_context`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from api.generation.rules.folding import blank_addresses, fold_case, fold_characters
from api.generation.rules.match_context import Candidate, keep_supported
from api.generation.rules.taxonomy import Surface, Taxonomy, load_taxonomy

# Letters of scripts written without spaces are not part of a word: each alias there is searched as it stands.
UNSPACED = (
    "\u0e00-\u0eff\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fff"
    "\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
)
_WORD_ASCII = re.compile(r"[a-z0-9]+")
# What may stand between two words of one spelling: blanks, one line break, one hyphen.
_GAP = re.compile(r"[ \t]{0,3}(?:\r?\n[ \t]{0,8})?-?[ \t]{0,3}(?:\r?\n[ \t]{0,8})?")
_GAP_SIGNS = frozenset(" -\t\r\n")
_LONGEST_SPELLING = 12
_SHOUTED = 6
_LATIN_START = 8  # "Web開発": letters before the first sign of the other script
_DIGITS = frozenset("0123456789")


class _Patterns(NamedTuple):
    """Expressions over those scripts. Each takes 5 to 10 ms to compile, which no start of the service waits for."""

    word: re.Pattern[str]
    piece: re.Pattern[str]
    unspaced_sign: re.Pattern[str]
    unspaced_run: re.Pattern[str]
    """Stretches that may hold such a spelling, found by one quick comparison a character; words may be Latin."""


@cache
def _patterns() -> _Patterns:
    return _Patterns(
        word=re.compile(rf"[^\W_{UNSPACED}]+"),
        piece=re.compile(rf"[^\W_{UNSPACED}]+|[^\w\s]|[{UNSPACED}]+"),
        unspaced_sign=re.compile(f"[{UNSPACED}]"),
        unspaced_run=re.compile("[\u0e00-\uffff][\u0e00-\uffff\\w /-]*"),
    )


class SkillMatch(NamedTuple):
    """A skill found in a text: `text[start:end] == surface`."""

    skill_id: str
    name: str
    start: int
    end: int
    surface: str


@dataclass(slots=True)
class _Node:
    """What may follow, and the spellings that end here; `leaf` where one plain spelling ends and none goes on.

    `begins` holds the first letters of what may follow: most words end a walk on their first letter.
    """

    children: dict[str, _Node] = field(default_factory=dict)
    begins: frozenset[str] = frozenset()
    surfaces: tuple[Surface, ...] = ()
    leaf: Surface | None = None


@dataclass(frozen=True, slots=True)
class _Index:
    root: dict[str, _Node]
    dotted: frozenset[str]
    known: frozenset[str]
    unspaced: re.Pattern[str] | None


def find_skills(text: str, *, employers: Iterable[str] = ()) -> tuple[SkillMatch, ...]:
    """All skills in the text, in reading order, without overlaps; time is linear in the length.

    `employers` are names of companies: a spelling inside such a name is not a skill.
    """
    taxonomy = load_taxonomy()
    plain = blank_addresses(fold_characters(text))
    folded = fold_case(plain)
    for employer in employers:
        if len(employer) > 1:
            folded = _blank(folded, fold_case(fold_characters(employer)))
    kept = keep_supported(_candidates(plain, folded, _index()), plain, folded, taxonomy)
    skills, new = taxonomy.skills, tuple.__new__  # a named tuple's own constructor costs twice as much
    return tuple(
        [
            new(SkillMatch, (surface.skill_id, skills[surface.skill_id].name, start, end, text[start:end]))
            for start, end, surface in kept
        ]
    )


def skill_ids(text: str) -> frozenset[str]:
    """The ids of all skills in the text."""
    return frozenset(match.skill_id for match in find_skills(text))


def _blank(folded: str, name: str) -> str:
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return pattern.sub(lambda match: " " * len(match.group()), folded)


@cache
def _index() -> _Index:
    return build_index(load_taxonomy())


def build_index(taxonomy: Taxonomy) -> _Index:
    """The tree of spellings: one level a word or sign, plus one expression for scripts without spaces."""
    root: dict[str, _Node] = {}
    dotted: set[str] = set()
    unspaced: list[str] = []
    for text, surfaces in taxonomy.surfaces.items():
        pieces = _patterns().piece.findall(text)
        if any(re.match(rf"[{UNSPACED}]", piece) for piece in pieces):
            unspaced.append(text)
            continue
        if pieces[0] == ".":
            dotted.add(pieces[1])
        node = root.setdefault(pieces[0], _Node())
        for piece in pieces[1:]:
            node = node.children.setdefault(piece, _Node())
        node.surfaces = surfaces
    for first in root.values():
        _note_beginnings(first)
        if not first.children and len(first.surfaces) == 1 and first.surfaces[0].exact is None:
            first.leaf = first.surfaces[0]
    pattern = re.compile("|".join(re.escape(text) for text in sorted(unspaced, key=len, reverse=True)))
    return _Index(root, frozenset(dotted), frozenset(dotted | root.keys()), pattern if unspaced else None)


def _note_beginnings(node: _Node) -> None:
    node.begins = frozenset(piece[0] for piece in node.children)
    for child in node.children.values():
        _note_beginnings(child)


def _candidates(plain: str, folded: str, index: _Index) -> list[Candidate]:
    """The longest spelling from each word, left to right; a word inside a spelling already found begins nothing.

    The words are listed without their places first, because most of them begin no spelling; only those that may are
    then looked for, each from where the one before it ended.
    """
    root, known, dotted, reached = index.root, index.known, index.dotted, 0
    dot = root.get(".", _Node()).children
    found: list[Candidate] = []
    ascii_only = folded.isascii()
    word_pattern = _WORD_ASCII if ascii_only else _patterns().word
    end = 0
    for word in [word for word in word_pattern.findall(folded) if word in known or word[-1] in _DIGITS]:
        start = folded.find(word, end)
        end = start + len(word)
        while (folded[start - 1].isalnum() or folded[end : end + 1].isalnum()) and _inside_word(folded, start, end):
            start = folded.find(word, start + 1)
            end = start + len(word)
        if start < reached:
            continue
        node = root.get(word)
        if node is not None and node.leaf is not None and word not in dotted:
            found.append(Candidate(start, end, node.leaf))
            continue
        if node is None and word not in dotted:
            if len(word) < 4 or (named := root.get(word.rstrip("0123456789"))) is None:
                continue
            # "Python3", "Java17": the version belongs to the name, and nothing else may follow it.
            node = _Node(surfaces=named.surfaces)
        best = None
        if word in dotted and start and folded[start - 1] == ".":
            best = _walk(plain, folded, dot[word], start - 1, end, word_pattern)
        if best is None and node is not None:
            # Most spellings end with their first word: what follows begins nothing that could continue it.
            following = folded[end : end + 2]
            if following[:1] not in node.children and (
                following[:1] not in _GAP_SIGNS or (following[1:].isalnum() and following[1:] not in node.begins)
            ):
                if node.surfaces and (spelled := _spelled(node.surfaces, plain[start:end])) is not None:
                    best = Candidate(start, end, spelled)
            else:
                best = _walk(plain, folded, node, start, end, word_pattern)
        if best is not None:
            found.append(best)
            reached = best.end
    if ascii_only or index.unspaced is None:
        return found
    surfaces = load_taxonomy().surfaces
    unspaced: list[Candidate] = []
    looked = 0
    for run in _patterns().unspaced_run.finditer(folded):
        start = max(looked, run.start() - _LATIN_START)
        looked = run.end()
        for match in index.unspaced.finditer(folded, start, looked):
            unspaced.append(Candidate(*match.span(), surfaces[match.group()][0]))
    return _merged(found, unspaced) if unspaced else found


def _inside_word(folded: str, start: int, end: int) -> bool:
    """Whether what was found is part of a longer word; a letter of a script without spaces is part of none."""
    around = (folded[start - 1] if start else "", folded[end : end + 1])
    return any(sign.isalnum() and _patterns().unspaced_sign.match(sign) is None for sign in around)


def _walk(
    plain: str, folded: str, node: _Node, start: int, end: int, word_pattern: re.Pattern[str]
) -> Candidate | None:
    """The longest spelling that begins at `start`, or None."""
    best: Candidate | None = None
    for _ in range(_LONGEST_SPELLING):
        if node.surfaces:
            surface = node.surfaces[0]
            if len(node.surfaces) > 1 or surface.exact is not None:
                spelled = _spelled(node.surfaces, plain[start:end])
            else:
                spelled = surface
            if spelled is not None:
                best = Candidate(start, end, spelled)
        children = node.children
        if not children or end >= len(folded):
            break
        sign = folded[end]
        child = children.get(sign)
        if child is not None:
            node, end = child, end + 1
            continue
        if sign in _GAP_SIGNS:
            following = folded[end + 1 : end + 2]
            if sign == " " and following.isalnum():
                if following not in node.begins:
                    break
                end += 1
            else:
                gap = _GAP.match(folded, end)
                end = gap.end() if gap else end
                if end >= len(folded):
                    break
                sign = folded[end]
                child = children.get(sign)
                if child is not None and not sign.isalnum():
                    node, end = child, end + 1
                    continue
        elif not sign.isalnum():
            break
        piece = word_pattern.match(folded, end)
        if piece is None or (child := children.get(piece.group())) is None:
            break
        node, end = child, piece.end()
    return best


def _spelled(surfaces: tuple[Surface, ...], written: str) -> Surface | None:
    """The surface whose capitals fit what is written; an exact spelling wins over one without that condition."""
    loose = None
    for surface in surfaces:
        if surface.exact is None:
            loose = surface
        elif surface.exact == written or surface.exact == " ".join(written.split()):
            return surface
        elif len(written) >= _SHOUTED and written.isupper() and surface.exact.istitle():
            return surface  # a heading in capitals
    return loose


def _merged(spaced: list[Candidate], unspaced: list[Candidate]) -> list[Candidate]:
    """Both lists in reading order; where they overlap, the one that begins first and is longer stays."""
    kept: list[Candidate] = []
    for candidate in sorted(spaced + unspaced, key=lambda candidate: (candidate.start, -candidate.end)):
        if not kept or candidate.start >= kept[-1].end:
            kept.append(candidate)
    return kept
