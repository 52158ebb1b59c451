"""Tightening a bullet: fewer words, a verb first, the verb a framing prefers. Facts are never touched.

Only English is rephrased, because only English rules ship; every other language keeps the person's words. The rules
are `phrasing.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from api.generation.rules.data_files import read_yaml

_ING = "@ing "
_OBJECT = 6  # words after the verb in which its object stands


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = read_yaml("phrasing.yaml")
    compiled = dict(rules)
    for key in ("openings", "fillers"):
        compiled[key] = [(re.compile(pattern, re.IGNORECASE), text) for pattern, text in rules[key]]
    compiled["change"] = re.compile(rules["change"], re.IGNORECASE)
    return compiled


def phrase_bullet(text: str, *, verbs: Mapping[str, str], english: bool) -> str:
    """The bullet in its best form for a framing whose preferred verbs are `verbs`; equal to the text at worst."""
    plain = " ".join(text.split())
    if not english or not plain:
        return plain
    tight = _exchange_verb(_tighten(plain), verbs)
    if tight.endswith(".") and not tight.endswith("..") and tight.count(". ") == 0 and not _ends_in_abbreviation(tight):
        tight = tight[:-1]
    return _capital(tight) or plain


def _tighten(text: str) -> str:
    rules = _rules()
    for pattern, replacement in rules["openings"]:
        match = pattern.match(text)
        if not match:
            continue
        rest = text[match.end() :]
        if replacement != _ING:
            text = replacement + rest
            continue
        verb, _, tail = rest.partition(" ")
        past = rules["past_of_ing"].get(verb.lower())
        # "managing X and training Y" needs both verbs turned; without certainty the person's words stay.
        if past and tail and not re.search(r"\b(?:and|or|,) \w+ing\b", tail):
            text = f"{past} {tail}"
    for pattern, replacement in rules["fillers"]:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def _exchange_verb(text: str, verbs: Mapping[str, str]) -> str:
    first, _, tail = text.partition(" ")
    kind = _rules()["verb_of"].get(first.lower())
    if kind is None or kind not in verbs or not tail or tail.split()[0] in ("and", "or", "&", ","):
        return text
    if tail.split()[0].lower() in _rules()["keep_verb_before"].get(kind, ()):
        return text
    if any(words in tail for words in _rules()["keep_verb_with"].get(kind, ())):
        return text
    if kind in _rules()["needs_figure"] and not _rules()["change"].search(tail):
        return text
    object_of = {word.strip(".,;:()").lower() for word in tail.split()[:_OBJECT]}
    if object_of & set(_rules()["not_of"].get(kind, ())):
        return text
    if kind in _rules()["only_of"] and not object_of & set(_rules()["only_of"][kind]):
        return text
    return f"{verbs[kind]} {tail}"


def _ends_in_abbreviation(text: str) -> bool:
    return bool(re.search(r"\b(?:[A-Za-z]\.){1,4}$|\b(?:Inc|Ltd|Co|Corp|etc|approx|Jr|Sr|St)\.$", text))


def _capital(text: str) -> str:
    """First letter large, unless the first word is a name with its own spelling (iOS, dbt, pandas 2)."""
    first = text.split(" ", 1)[0]
    if (first.islower() and first.isalpha() and len(first) > 3) or first.lower() in ("led", "ran", "cut", "set", "won"):
        return text[:1].upper() + text[1:]
    return text
