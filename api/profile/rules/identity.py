"""Stable ids for the parts of a profile, so that a rewrite, an edit and an export speak of the same bullet.

A new part gets an id made from its own text, so the same document always gets the same ids. When an earlier version of
the document is known, a part keeps the id it had: first by its exact text, then by the id it still carries, then by
similarity under the same parent.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

ID_KEY = "x-id"
TEXT_ID_KEYS = {"highlights": "x-highlight-ids", "courses": "x-course-ids"}
OWN_KEYS = frozenset({ID_KEY, *TEXT_ID_KEYS.values()})
ID_PATTERN = re.compile(r"[a-z]{1,12}-[0-9a-z]{6,40}")
SIMILAR = 0.55
MAX_COMPARISONS = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """Something that has or needs an id: its text, the id it carries (or ""), and what else it is known by."""

    text: str
    carried: str = ""
    context: str = ""


@dataclass(slots=True)
class IdRegistry:
    """Gives out ids and remembers which are taken, including those of the previous version."""

    taken: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)

    def keep(self, identifier: str) -> bool:
        """Claim an id that a part already has. False when another part claimed it, or it is no id."""
        if identifier in self.given or not ID_PATTERN.fullmatch(identifier):
            return False
        self.given.add(identifier)
        self.taken.add(identifier)
        return True

    def create(self, prefix: str, parent: str, text: str) -> str:
        """Make an id from the text; equal texts under one parent get different ids."""
        for attempt in range(len(self.taken) + 1):
            digest = hashlib.sha256("\x1f".join((prefix, parent, normalise(text), str(attempt))).encode()).hexdigest()
            identifier = f"{prefix}-{digest[:12]}"
            if identifier not in self.taken and self.keep(identifier):
                return identifier
        raise AssertionError("more ids were taken than exist")  # pragma: no cover


def normalise(text: str) -> str:
    """Fold what an edit of layout may change: case, white space."""
    return " ".join(text.split()).casefold()


def similarity(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1 (ratio of matching words, Ratcliff and Obershelp 1988)."""
    matcher = difflib.SequenceMatcher(
        None, normalise(one).split()[:200], normalise(other).split()[:200], autojunk=False
    )
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR else 0.0


def likeness(one: Part, other: Part) -> float:
    """Return how likely two parts are the same one, edited: by their own text, or by what stands under them."""
    own = similarity(one.text, other.text)
    return max(own, 0.9 * similarity(one.context, other.context)) if one.context and other.context else own


def assign_ids(
    parts: Sequence[Part],
    previous: Sequence[Part],
    registry: IdRegistry,
    prefix: str,
    parent: str = "",
) -> list[str]:
    """Return one id per part, in order.

    Args:
        parts: what needs an id now.
        previous: what stood under the same parent before, with the ids in `carried`.
        registry: all ids in use.
        prefix: first letters of new ids.
        parent: id of the parent, part of a new id's hash.
    """
    ids: list[str] = [""] * len(parts)
    texts = [normalise(part.text) for part in parts]
    free = {index: part for index, part in enumerate(previous) if part.carried and part.carried not in registry.given}
    _match_exact(parts, texts, free, ids, registry)
    known = {part.carried for part in free.values()}
    for index, part in enumerate(parts):
        # Without an earlier version the carried id is the truth; with one it must be an id of that version.
        is_ours = part.carried in known if previous else bool(part.carried)
        if not ids[index] and is_ours and registry.keep(part.carried):
            ids[index] = part.carried
            free = {key: entry for key, entry in free.items() if entry.carried != part.carried}
    _match_similar(parts, free, ids, registry)
    for index, part in enumerate(parts):
        if not ids[index]:
            ids[index] = registry.create(prefix, parent, part.text)
    return ids


def _match_exact(
    parts: Sequence[Part], texts: Sequence[str], free: dict[int, Part], ids: list[str], registry: IdRegistry
) -> None:
    by_text: dict[str, list[int]] = {}
    for index, part in free.items():
        by_text.setdefault(normalise(part.text), []).append(index)
    for index, text in enumerate(texts):
        candidates = by_text.get(text, [])
        # Among equal texts the one that carries the same id wins, else the first.
        candidates.sort(key=lambda key: (free[key].carried != parts[index].carried, key))
        if candidates and registry.keep(free[candidates[0]].carried):
            ids[index] = free.pop(candidates.pop(0)).carried


def _match_similar(parts: Sequence[Part], free: dict[int, Part], ids: list[str], registry: IdRegistry) -> None:
    open_parts = [index for index, identifier in enumerate(ids) if not identifier]
    if not open_parts or not free:
        return
    allowed = max(1, MAX_COMPARISONS // len(open_parts))
    pairs = [
        (-value, abs(index - key), index, key)
        for index in open_parts
        for key in _nearest(free, index, allowed)
        if (value := likeness(parts[index], free[key])) >= SIMILAR
    ]
    for _, _, index, key in sorted(pairs):
        if not ids[index] and key in free and registry.keep(free[key].carried):
            ids[index] = free.pop(key).carried


def _nearest(free: Iterable[int], index: int, limit: int) -> list[int]:
    """Return the candidates nearest in order, so that a huge list costs a bounded number of comparisons."""
    return sorted(free, key=lambda key: (abs(key - index), key))[:limit]
