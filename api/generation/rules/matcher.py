"""Finding skills in any text: job ads, resumes, in every script.

Word-boundary search finds `C` in "C++" and misses `C#`; a model finds what is not there. This matcher reads words
once from left to right, follows a tree of known spellings from each word and keeps the longest, so its time grows
with the length of the text only. Spellings that are also ordinary words are judged by their surroundings
(`match_context`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from api.generation.rules.folding import blank_addresses, fold_case, fold_characters
from api.generation.rules.match_context import Candidate, keep_supported
from api.generation.rules.taxonomy import Surface, Taxonomy, load_taxonomy

# Letters of scripts written without spaces are not part of a word: each alias there is searched as it stands.
UNSPACED = "\u0e00-\u0eff\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
_WORD_ASCII = re.compile(r"[a-z0-9]+")
_WORD_ANY = re.compile(rf"[^\W_{UNSPACED}]+")
_PIECE = re.compile(rf"[^\W_{UNSPACED}]+|[^\w\s]|[{UNSPACED}]+")
# What may stand between two words of one spelling: blanks, one line break, one hyphen.
_GAP = re.compile(r"[ \t]{0,3}(?:\r?\n[ \t]{0,8})?-?[ \t]{0,3}(?:\r?\n[ \t]{0,8})?")
_LONGEST_SPELLING = 12


@dataclass(frozen=True, slots=True)
class SkillMatch:
    """A skill found in a text: `text[start:end] == surface`."""

    skill_id: str
    name: str
    start: int
    end: int
    surface: str


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    surfaces: tuple[Surface, ...] = ()


@dataclass(frozen=True, slots=True)
class _Index:
    root: dict[str, _Node]
    dotted: frozenset[str]
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
    candidates = _without_overlaps(_candidates(plain, folded, _index()))
    kept = keep_supported(candidates, plain, folded, taxonomy)
    return tuple(
        SkillMatch(
            candidate.surface.skill_id,
            taxonomy.skills[candidate.surface.skill_id].name,
            candidate.start,
            candidate.end,
            text[candidate.start : candidate.end],
        )
        for candidate in kept
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
        pieces = _PIECE.findall(text)
        if any(re.match(rf"[{UNSPACED}]", piece) for piece in pieces):
            unspaced.append(text)
            continue
        if pieces[0] == ".":
            dotted.add(pieces[1])
        node = root.setdefault(pieces[0], _Node())
        for piece in pieces[1:]:
            node = node.children.setdefault(piece, _Node())
        node.surfaces = surfaces
    pattern = re.compile("|".join(re.escape(text) for text in sorted(unspaced, key=len, reverse=True)))
    return _Index(root, frozenset(dotted), pattern if unspaced else None)


def _candidates(plain: str, folded: str, index: _Index) -> Iterator[Candidate]:
    root = index.root
    word_pattern = _WORD_ASCII if folded.isascii() else _WORD_ANY
    for match in word_pattern.finditer(folded):
        word = match.group()
        if word in index.dotted and folded.startswith(".", match.start() - 1) and match.start():
            found = _walk(plain, folded, root["."].children[word], match.start() - 1, match.end())
            if found:
                yield found
                continue
        node = root.get(word)
        if node is None:
            if not word[-1].isdigit() or (node := root.get(word.rstrip("0123456789."))) is None or len(word) < 4:
                continue
            found = _walk(plain, folded, node, match.start(), match.end(), single=True)
        else:
            found = _walk(plain, folded, node, match.start(), match.end())
        if found:
            yield found
    if index.unspaced is not None and not folded.isascii():
        taxonomy = load_taxonomy()
        for match in index.unspaced.finditer(folded):
            yield Candidate(match.start(), match.end(), taxonomy.surfaces[match.group()][0])


def _walk(plain: str, folded: str, node: _Node, start: int, end: int, *, single: bool = False) -> Candidate | None:
    """The longest spelling that begins at `start`, or None."""
    best: Candidate | None = None
    for _ in range(_LONGEST_SPELLING):
        if node.surfaces:
            surface = _spelled(node.surfaces, plain[start:end])
            if surface is not None:
                best = Candidate(start, end, surface)
        if single or not node.children:
            break
        step = _step(folded, node, end)
        if step is None:
            break
        node, end = step
    return best


def _step(folded: str, node: _Node, end: int) -> tuple[_Node, int] | None:
    direct = _PIECE.match(folded, end)
    if direct and (child := node.children.get(direct.group())) is not None:
        return child, direct.end()
    gap = _GAP.match(folded, end)
    begin = gap.end() if gap else end
    if begin == end:
        return None
    piece = _PIECE.match(folded, begin)
    if piece and (child := node.children.get(piece.group())) is not None:
        return child, piece.end()
    if piece is None or piece.group() != "-":
        return None
    return None


def _spelled(surfaces: tuple[Surface, ...], written: str) -> Surface | None:
    """The surface whose capitals fit what is written; an exact spelling wins over one without that condition."""
    loose = None
    for surface in surfaces:
        if surface.exact is None:
            loose = surface
        elif surface.exact == " ".join(written.split()):
            return surface
    return loose


def _without_overlaps(candidates: Iterable[Candidate]) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda candidate: (candidate.start, candidate.start - candidate.end))
    kept: list[Candidate] = []
    for candidate in ordered:
        if not kept or candidate.start >= kept[-1].end:
            kept.append(candidate)
    return kept
