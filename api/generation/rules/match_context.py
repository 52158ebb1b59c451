"""Telling a skill from an ordinary word by what stands around it.

`Go`, `R`, `Excel` and `Spring` are skills in one sentence and plain words in the next; `Oracle` is a database here and
the employer there. The rules are data (`taxonomy_rules.yaml`); this module applies them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from api.generation.rules.taxonomy import ContextRule, Surface, Taxonomy

_LIST_GAP = re.compile(
    r"\s*(?:,|/|;|\||&|\+|\band\b|\bor\b|\bund\b|\boder\b|\bet\b|\bou\b|\by\b|\bo\b|\be\b|、|，|・|と|\n\s*[-*]?)\s*"
)
_WORD_BEFORE = re.compile(r"([\w']+|[^\w\s])\s*$")
_WORD_AFTER = re.compile(r"[ \t]{0,3}([^\W_]+|[^\w\s])")
_SENTENCE_END = re.compile(r"[.!?]\s+[A-Z]|\n\s*\n")
_SPAN = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """A spelling found in a text, before its surroundings are judged."""

    start: int
    end: int
    surface: Surface


def keep_supported(
    candidates: Sequence[Candidate], plain: str, folded: str, taxonomy: Taxonomy
) -> tuple[Candidate, ...]:
    """The candidates whose surroundings speak for a skill. Linear: each looks at a fixed stretch of text."""
    rules = [taxonomy.context.get(candidate.surface.text) for candidate in candidates]
    sure = [
        candidate
        for candidate, rule in zip(candidates, rules, strict=True)
        if rule is None and not _names_employer(candidate, plain, folded, taxonomy)
    ]
    starts = [candidate.start for candidate in sure]
    accepted = set(sure)
    open_cases: list[int] = []
    for index, (candidate, rule) in enumerate(zip(candidates, rules, strict=True)):
        if rule is None or _ruled_out(candidate, rule, folded) or _names_employer(candidate, plain, folded, taxonomy):
            continue
        if _vouched(candidate, rule, folded) or _near_sure(candidate, rule, sure, starts, plain, taxonomy):
            accepted.add(candidate)
        else:
            open_cases.append(index)
    # A list of doubtful names ("C, R, Go") is a list of skills: each vouches for the next.
    for index in open_cases:
        for neighbour in (index - 1, index + 1):
            if 0 <= neighbour < len(candidates) and _in_one_list(candidates[index], candidates[neighbour], folded):
                other = candidates[neighbour]
                if (other in accepted or neighbour in open_cases) and candidates[index].surface.exact is not None:
                    accepted.add(candidates[index])
    return tuple(candidate for candidate in candidates if candidate in accepted)


def _in_one_list(one: Candidate, other: Candidate, folded: str) -> bool:
    first, second = (one, other) if one.start < other.start else (other, one)
    return _LIST_GAP.fullmatch(folded, first.end, second.start) is not None


def _ruled_out(candidate: Candidate, rule: ContextRule, folded: str) -> bool:
    before, after = _before(candidate, folded), _after(candidate, folded)
    return before in rule.not_before or after in rule.not_after


def _vouched(candidate: Candidate, rule: ContextRule, folded: str) -> bool:
    if _after(candidate, folded) in rule.after:
        return True
    return (
        candidate.surface.exact is not None
        and "none" not in rule.near
        and _before(candidate, folded)
        in (
            rule.before
            & {
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
            }
        )
        or ("none" in rule.near and _before(candidate, folded) in rule.before)
    )


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
    if candidate.surface.text not in taxonomy.vendors:
        return False
    before = folded[max(0, candidate.start - 16) : candidate.start].rstrip()
    after = folded[candidate.end : candidate.end + 24].lstrip()
    says_company_before = any(
        before.endswith(word) and (len(before) == len(word) or not before[-len(word) - 1].isalnum())
        for word in taxonomy.vendor_before
    )
    says_company_after = any(
        after.startswith(word) and (len(after) == len(word) or not after[len(word)].isalnum())
        for word in taxonomy.vendor_after
    )
    return (says_company_before and plain[candidate.start].isupper()) or says_company_after


def _before(candidate: Candidate, folded: str) -> str:
    match = _WORD_BEFORE.search(folded[max(0, candidate.start - _SPAN) : candidate.start])
    return match.group(1) if match else ""


def _after(candidate: Candidate, folded: str) -> str:
    match = _WORD_AFTER.match(folded, candidate.end)
    return match.group(1) if match else ""
