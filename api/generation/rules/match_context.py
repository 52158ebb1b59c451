"""Telling a skill from an ordinary word by what stands around it.

`Go`, `R`, `Excel` and `Spring` are skills in one sentence and plain words in the next; `Oracle` is a database here and
the employer there. The rules are data (`taxonomy_rules.yaml`); this module applies them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from api.generation.rules.taxonomy import ContextRule, Surface, Taxonomy

_LIST_GAP = re.compile(
    r"\s*(?:,|/|;|\||&|\+|\band\b|\bor\b|\bund\b|\boder\b|\bet\b|\bou\b|\by\b|\bo\b|\be\b|、|，|・|と|\n\s*[-*]?)\s*"
)
_WORD_BEFORE = re.compile(r"([\w']+|[^\w\s])\s*$")
_WORD_AFTER = re.compile(r"[ \t]{0,3}([^\W_]+|[^\w\s])")
_SENTENCE_END = re.compile(r"[.!?]\s+[A-Z]|\n\s*\n")
_SPAN = 40
_FAR = 60
_EDGE = 8
_LIST_BEFORE = frozenset([":", ",", "(", "/", "|", ";", "·"])
_LIST_AFTER = frozenset([",", ")", "/", "|", ";", "·"])
_ENOUGH = 3
# Before an exactly spelled name these words alone make it a skill ("in Go", "advanced Excel").
_SURE_BEFORE = frozenset(
    [
        "in",
        "language",
        "languages",
        "using",
        "golang",
        "programming",
        "microsoft",
        "ms",
        "advanced",
        "mit",
        "en",
        "with",
        "of",
        "strong",
        "write",
        "writing",
        "modern",
        "idiomatic",
        "know",
        "embedded",
        "ansi",
    ]
)


class Candidate(NamedTuple):
    """A spelling found in a text, before its surroundings are judged."""

    start: int
    end: int
    surface: Surface


def keep_supported(
    candidates: Sequence[Candidate], plain: str, folded: str, taxonomy: Taxonomy
) -> tuple[Candidate, ...]:
    """The candidates whose surroundings speak for a skill. Linear: each looks at a fixed stretch of text."""
    contexts, vendors = taxonomy.context, taxonomy.vendors
    sure: list[Candidate] = []
    accepted: set[int] = set()
    doubtful: list[int] = []
    for index, candidate in enumerate(candidates):
        text = candidate.surface.text
        if text in vendors and _names_employer(candidate, plain, folded, taxonomy):
            continue
        rule = contexts.get(text)
        if rule is not None and rule.free:  # nothing need speak for it, so it may vouch for others
            if _ruled_out(candidate, rule, folded):
                continue
            rule = None
        if rule is not None:
            doubtful.append(index)
        else:
            sure.append(candidate)
            accepted.add(index)
    if not doubtful:
        return tuple(candidates) if len(sure) == len(candidates) else tuple(sure)
    starts = [candidate.start for candidate in sure]
    counts: Counter[str] | None = None
    open_cases: set[int] = set()
    for index in doubtful:
        candidate = candidates[index]
        rule = contexts[candidate.surface.text]
        if _ruled_out(candidate, rule, folded):
            continue
        before, after = _before(candidate, folded), _after(candidate, folded)
        supported = _vouched(candidate, rule, before, after) or _fills_line(candidate, rule, folded)
        if not supported and not _near_sure(candidate, rule, sure, starts, plain, taxonomy):
            if candidate.surface.exact is None or before not in _LIST_BEFORE or after not in _LIST_AFTER:
                open_cases.add(index)
                continue
            # An exactly spelled name that stands like an entry of a list, in a text that names such skills anyway.
            if counts is None:
                counts = Counter(taxonomy.skills[other.surface.skill_id].category for other in sure)
            if sum(counts[category] for category in rule.near) < _ENOUGH:
                open_cases.add(index)
                continue
        accepted.add(index)
    # A list of doubtful names ("C, R, Go") is a list of skills: each vouches for the next.
    for index in sorted(open_cases):
        if candidates[index].surface.exact is None:
            continue
        for other in (index - 1, index + 1):
            if not 0 <= other < len(candidates) or candidates[other].surface.text == candidates[index].surface.text:
                continue
            known = other in accepted or other in open_cases
            if known and _in_one_list(candidates[index], candidates[other], folded):
                accepted.add(index)
    return tuple([candidate for index, candidate in enumerate(candidates) if index in accepted])


def _ruled_out(candidate: Candidate, rule: ContextRule, folded: str) -> bool:
    if rule.not_after and _after(candidate, folded) in rule.not_after:
        return True
    if rule.not_before and _before(candidate, folded) in rule.not_before:
        return True
    if rule.unless is None:
        return False
    return rule.unless.search(folded, max(0, candidate.start - _FAR), candidate.end + _FAR) is not None


def _fills_line(candidate: Candidate, rule: ContextRule, folded: str) -> bool:
    """Whether an exactly spelled name is all that a line or list item says ("- Go")."""
    if candidate.surface.exact is None or "none" in rule.near:
        return False
    low, high = max(0, candidate.start - _EDGE), candidate.end + _EDGE
    line_before = folded[low : candidate.start].rpartition("\n")[2]
    line_after = folded[candidate.end : high].partition("\n")[0]
    return len(line_before) < _EDGE > len(line_after) and not any(map(str.isalnum, line_before + line_after))


def _in_one_list(one: Candidate, other: Candidate, folded: str) -> bool:
    first, second = (one, other) if one.start < other.start else (other, one)
    return _LIST_GAP.fullmatch(folded, first.end, second.start) is not None


def _vouched(candidate: Candidate, rule: ContextRule, before: str, after: str) -> bool:
    if after in rule.after:
        return True
    if "none" in rule.near:
        return before in rule.before
    return candidate.surface.exact is not None and before in rule.before & _SURE_BEFORE


def _near_sure(
    candidate: Candidate,
    rule: ContextRule,
    sure: Sequence[Candidate],
    starts: Sequence[int],
    plain: str,
    taxonomy: Taxonomy,
) -> bool:
    low = bisect_left(starts, candidate.start - taxonomy.window)
    for other in sure[low:]:
        if other.start > candidate.end + taxonomy.window:
            return False
        if taxonomy.skills[other.surface.skill_id].category in rule.near:
            begin, end = min(candidate.end, other.end), max(candidate.start, other.start)
            if not _SENTENCE_END.search(plain, begin, end):
                return True
    return False


def _names_employer(candidate: Candidate, plain: str, folded: str, taxonomy: Taxonomy) -> bool:
    """Whether the text speaks of the company of that name ("Oracle is hiring", "at Snowflake")."""
    before, after = _company_patterns(taxonomy)
    start, end = candidate.start, candidate.end
    if after.match(folded, end):
        return True
    return plain[start].isupper() and before.search(folded, max(0, start - 20), start) is not None


@lru_cache(maxsize=4)
def _company_patterns(taxonomy: Taxonomy) -> tuple[re.Pattern[str], re.Pattern[str]]:
    before = "|".join(re.escape(word) for word in sorted(taxonomy.vendor_before))
    after = "|".join(re.escape(word) for word in taxonomy.vendor_after)
    return re.compile(rf"\b(?:{before})\s{{1,3}}$"), re.compile(rf"\s{{0,3}}(?:{after})(?!\w)")


def _before(candidate: Candidate, folded: str) -> str:
    match = _WORD_BEFORE.search(folded[max(0, candidate.start - _SPAN) : candidate.start])
    return match.group(1) if match else ""


def _after(candidate: Candidate, folded: str) -> str:
    match = _WORD_AFTER.match(folded, candidate.end)
    return match.group(1) if match else ""
