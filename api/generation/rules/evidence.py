"""Whether a sentence stays within given facts: figures, names, skills, ranks.

A sentence is judged by what can be verified mechanically and strictly: it is better to show the person's own words
than a claim that cannot be traced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from api.generation.rules.data_files import read_yaml
from api.generation.rules.matcher import find_skills, skill_ids
from api.generation.rules.quantities import Quantity, find_quantities
from api.profile.rules.dates import parse_date

_WORD = re.compile(r"[^\W_]+(?:['’.&+#-]*[^\W_]+)*[+#]*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;•|]\s+|\n\s*)[\"'(]*$")
_FROM_TO = re.compile(r"\bfrom\s[^.;]{1,30}?\sto\s\S{1,20}")
_NUMERAL = re.compile(r"\d[\d.,]*(?:[kKmMbB]|bn|mm)?")
_MONTH_AND_YEAR = re.compile(r"[^\W\d_]{3,12}\.?(?: de)? (?:19|20)\d{2}")
# What a page would show as a link, or a reader follow: only the person's own addresses may stand in their resume.
_ADDRESS = re.compile(
    r"(?:https?|ftp)://\S+|\bwww\.\S+|[\w.+-]{1,64}@[\w-]{1,63}\.\w{2,}"
    r"|\b[\w-]{2,63}(?:\.[\w-]{1,63}){0,3}\.(?:com|org|net|io|dev|co|ai|app|me|info|biz|xyz|eu|uk|de|fr|ru|cn)\b(?:/\S*)?",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\]\s?\(|<\s?/?\s?[a-z][^<>]{0,200}>|```|^\s{0,3}#{1,6}\s", re.IGNORECASE | re.MULTILINE)
_OF_A_SKILL = re.compile(
    r"(?:\s(?:of|in|with|using|experience|professional|practical|hands-on|working|work|daily)){1,4}\s$"
)
_STOP = frozenset(
    re.split(
        r"\s+",
        "about above after again also been before being between both could does doing down during each "
        "from further have having here into itself more most only other over same should some such than "
        "that their them then there these they this those through under until very were what when where "
        "which while will with your using used across within",
    )
)
_ENDINGS: tuple[str, ...] = ("izations", "ization", "ations", "ation", "ments", "ment", "ingly", "ings", "ing")
_ENDINGS += ("ers", "ies", "ed", "er", "es", "ly", "s", "e", "y")
_LONGER = 2.5
_SPARE = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """The texts a sentence may speak of: `figures` for its numbers, `names` for all else, `own` the bullet itself."""

    figures: tuple[str, ...]
    names: tuple[str, ...]
    own: str


@dataclass(frozen=True, slots=True)
class _Digest:
    quantities: tuple[Quantity, ...]
    words: frozenset[str]
    stems: frozenset[str]
    skills: frozenset[str]
    claims: frozenset[str]
    months: frozenset[tuple[int, int]]


@lru_cache(maxsize=256)
def _digest(evidence: Evidence) -> _Digest:
    every = "\n".join((*evidence.names, *evidence.figures))
    words = frozenset(_words(every))
    return _Digest(
        quantities=tuple(quantity for text in evidence.figures for quantity in find_quantities(text)),
        words=words,
        stems=frozenset(_stem(word) for word in words),
        skills=skill_ids(every),
        claims=frozenset(_claims(every)),
        months=frozenset(
            (parsed.year, parsed.month)
            for text in evidence.names
            if len(text) < 40 and (parsed := parse_date(text)) is not None and parsed.month is not None
        ),
    )


def unsupported_reasons(
    text: str, evidence: Evidence, *, rewrite: bool = False, years: int | None = None, dates: bool = False
) -> list[str]:
    """Why a text goes beyond its evidence, in words for a person; empty when it does not.

    Args:
        rewrite: also require that the text tells the same thing as `evidence.own`.
        years: whole years of work that "N years of experience" may claim.
        dates: the text is a page with dates, whose years and months need only stand somewhere in the facts.
    """
    digest = _digest(evidence)
    reasons = list(_quantity_reasons(text, digest, years, dates))
    if not dates:
        reasons += _address_reasons(text, evidence)
        reasons += _years_of_a_skill(text, evidence)
    reasons += [f"skill not in the facts: {skill}" for skill in sorted(skill_ids(text) - digest.skills)]
    reasons += [f"claim not in the facts: {claim}" for claim in sorted(set(_claims(text)) - digest.claims)]
    if dates:
        reasons += [f"date not in the facts: {written}" for written in _unknown_dates(text, digest)]
    reasons += [f"name not in the facts: {name}" for name in _unknown_names(text, digest, dates)]
    if rewrite:
        reasons += [f"skill not in the facts: {skill}" for skill in _hidden_skills(text, digest)]
        reasons += _rewrite_reasons(text, evidence, digest)
    return reasons


def unsupported_figures(text: str, evidence: Evidence, *, years: int | None = None) -> Iterator[str]:
    """Why the figures of a text go beyond its evidence, whatever else it says. `years` as above."""
    return _quantity_reasons(text, _digest(evidence), years, dates=False)


def _quantity_reasons(text: str, digest: _Digest, years: int | None, dates: bool) -> Iterator[str]:
    for quantity in find_quantities(text):
        if quantity.unit == "year" and years is not None and 0 < quantity.value <= years:
            continue
        same = [known for known in digest.quantities if known.value == quantity.value]
        if not same:
            yield f"number not in the facts: {quantity.written}"
            continue
        if dates and quantity.value == int(quantity.value) and 1 <= quantity.value <= 2200 and not quantity.unit:
            continue
        if not any(known.unit == quantity.unit for known in same):
            yield f"number with another unit: {quantity.written}"
        elif quantity.more and not any(known.more for known in same):
            yield f"number made larger: {quantity.written}"
        elif quantity.noun and not _same_noun(quantity, same, digest):
            yield f"number of something else: {quantity.written}"


def _address_reasons(text: str, evidence: Evidence) -> Iterator[str]:
    """Links and markup that the facts do not have: what an ad or a model might slip into a sentence."""
    if addresses := list(_ADDRESS.finditer(text)):
        every = "\n".join((*evidence.names, *evidence.figures)).lower()
        skills = {(match.start, match.end) for match in find_skills(text)}
        for match in addresses:
            if match.group().lower().rstrip(".,;)") not in every and match.span() not in skills:
                yield f"address not in the facts: {match.group()}"
    if _MARKUP.search(text) and not any(_MARKUP.search(known) for known in (*evidence.names, *evidence.figures)):
        yield "markup not in the facts"


def _years_of_a_skill(text: str, evidence: Evidence) -> Iterator[str]:
    """ "8 years of Kubernetes" is more than 8 years of work: some fact must say it of that skill."""
    years = [quantity for quantity in find_quantities(text) if quantity.unit == "year"]
    if not years:
        return
    matches, end = find_skills(text), 0
    for quantity in years:
        start = text.find(quantity.written, end)
        end = start + len(quantity.written)
        skill = next((match for match in matches if match.start >= end), None)
        if start < 0 or skill is None or not _OF_A_SKILL.fullmatch(text, end, skill.start):
            continue
        said = (known for known in evidence.figures if skill.skill_id in skill_ids(known))
        if not any(q.value >= quantity.value and q.unit == "year" for known in said for q in find_quantities(known)):
            yield f"years not in the facts: {quantity.written} of {skill.name}"


def _hidden_skills(text: str, digest: _Digest) -> Iterator[str]:
    """Skills that would be seen if new words had a capital ("rust"): a rewrite may not bring them in small letters."""
    words = (word for word in _WORD.finditer(text) if word.group().islower())
    new = [
        word.start() for word in words if word.group() not in digest.words and _stem(word.group()) not in digest.stems
    ]
    if new:
        chars = list(text)
        for start in new:
            chars[start] = chars[start].upper()
        shown = find_skills("".join(chars))
        yield from sorted(
            {match.skill_id for match in shown if match.start in new and match.skill_id not in digest.skills}
        )


def _same_noun(quantity: Quantity, same: list[Quantity], digest: _Digest) -> bool:
    generic = set(_data()["generic_people"])
    noun = _stem(quantity.noun)
    if any(_stem(known.noun) == noun for known in same if known.noun):
        return True
    # "20 staff, 50 users" is no reason to speak of 50 staff.
    if any(_stem(known.noun) == noun for known in digest.quantities if known.noun):
        return False
    if quantity.noun in digest.words or _stem(quantity.noun) in digest.stems or quantity.noun in generic & digest.words:
        return True
    return quantity.noun in generic and bool(generic & digest.words or "team" in digest.words)


def _unknown_dates(text: str, digest: _Digest) -> Iterator[str]:
    """Dates with a month that no fact has: a month moved by an edit is a changed fact."""
    for match in _MONTH_AND_YEAR.finditer(text):
        parsed = parse_date(match.group())
        if parsed is not None and parsed.month is not None and (parsed.year, parsed.month) not in digest.months:
            yield match.group()


def _unknown_names(text: str, digest: _Digest, dates: bool) -> Iterator[str]:
    plain = _plain_words()
    # A skill under its usual name is no new name when the facts have that skill under another spelling.
    spans = [(match.start, match.end) for match in find_skills(text) if match.skill_id in digest.skills]
    if dates:
        spans += [match.span() for match in _MONTH_AND_YEAR.finditer(text) if parse_date(match.group())]
    for match in _WORD.finditer(text):
        word = match.group()
        if not any(char.isupper() for char in word):
            continue
        if (
            any(start <= match.start() < end for start, end in spans)
            or word in _summary_words()
            or (dates and word in _page_words())
        ):
            continue
        lower = word.lower().removesuffix("'s").removesuffix("’s")
        parts = re.split(r"[-.&'’]", lower)
        if lower in digest.words or _stem(lower) in digest.stems or all(part in digest.words for part in parts if part):
            continue
        opens = bool(_SENTENCE_START.search(text[max(0, match.start() - 8) : match.start()])) or match.start() == 0
        if opens and word[1:].islower() and (lower in plain or lower.endswith(("ed", "ing"))):
            continue
        yield word


def _rewrite_reasons(text: str, evidence: Evidence, digest: _Digest) -> list[str]:
    if len(text) > len(evidence.own) * _LONGER + _SPARE:
        return ["much longer than the bullet"]
    turned = _directions(text)
    if len(turned) == 1 and _directions(evidence.own) and not turned & _directions(evidence.own):
        return ["the change goes the other way"]
    own_spans = _spans(evidence.own)
    if any((end, start) in own_spans and (start, end) not in own_spans for start, end in _spans(text)):
        return ["the change goes the other way"]
    content = [word for word in _words(text) if len(word) > 3 and word not in _STOP and word not in _plain_words()]
    if not content:
        return [] if len(text) >= 3 else ["empty"]
    known = sum(_stem(word) in digest.stems for word in content)
    own = {_stem(word) for word in _words(evidence.own)}
    shared = sum(_stem(word) in own for word in content)
    if known < len(content) * 0.6 or shared < len(content) * 0.34:
        return ["tells something else than the bullet"]
    return []


def _spans(text: str) -> set[tuple[Decimal, Decimal]]:
    """The pairs of values in "from 30 to 45"."""
    found: set[tuple[Decimal, Decimal]] = set()
    for match in _FROM_TO.finditer(text):
        values = [quantity.value for quantity in find_quantities(match.group())]
        if len(values) == 2:
            found.add((values[0], values[1]))
    return found


def _directions(text: str) -> set[str]:
    """Which way a text says something went: `up`, `down`, both or neither."""
    words = set(_words(text))
    return {way for way, spellings in _data()["directions"].items() if words & set(spellings)}


def _claims(text: str) -> Iterator[str]:
    words = _CLAIM_WORD.findall(text.lower())
    # "Ph.D." keeps its last dot, "quarters." at the end of a sentence does not: look for both.
    padded = f" {' '.join(words)}  {' '.join(word.rstrip('.') for word in words)} "
    for claim, spellings in _claim_spellings():
        if any(f" {spelling} " in padded for spelling in spellings):
            yield claim


_CLAIM_WORD = re.compile(r"#?[^\W_](?:[^\W_]|['’.-](?=[^\W_]))*\.?(?=\s)|#?[^\W_](?:[^\W_]|['’.-](?=[^\W_]))*|#1")


@cache
def _claim_spellings() -> tuple[tuple[str, tuple[str, ...]], ...]:
    data = _data()
    claims = [(claim, tuple(str(spelling) for spelling in spellings)) for claim, spellings in data["claims"].items()]
    claims += [(word, (word, f"{word}s")) for word in data["occupations"]]
    return tuple(claims)


@cache
def _plain_words() -> frozenset[str]:
    return frozenset(str(word) for word in _data()["plain_words"]) | {word.lower() for word in _summary_words()}


@cache
def _summary_words() -> frozenset[str]:
    """The words of the phrases that a summary is put together with, in every language, as written there."""
    phrases = " ".join(
        text for words in read_yaml("summary_words.yaml")["languages"].values() for text in words.values()
    )
    return frozenset(re.findall(r"[^\W\d_]+", phrases)) | {"I"}


@cache
def _page_words() -> frozenset[str]:
    """The words that a page has besides facts, in every language of the headings."""
    return frozenset(
        word for words in read_yaml("headings.yaml").values() for text in words.values() for word in text.split()
    )


def _data() -> Any:
    return read_yaml("claims.yaml")


def _words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        word = match.group().lower().replace("’", "'")
        yield word
        for part in re.split(r"[-.&'/]", word):
            if part and part != word:
                yield part


def _stem(word: str) -> str:
    """A word without its commonest English endings: enough to see that "replicating" speaks of "replication"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
