"""The word lists that tell the parts of a resume apart, compiled once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from api.profile.rules.data_files import read_data
from api.profile.rules.dates import find_date, find_range


def _words(words: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<![^\W_])(?:{alternatives})(?![^\W_])", re.IGNORECASE)


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    words = read_data("title_words")
    if name == "degree":
        short = "|".join(words["degree_patterns"])
        long = "|".join(words["degree_words"])
        return re.compile(rf"(?<![^\W_])(?:(?:{short})|(?i:{long}))(?![^\W\d_])")
    if name.endswith("_substrings"):
        return re.compile("|".join(re.escape(word) for word in words[name]))
    return _words(words[name])


def title_score(text: str) -> float:
    """Return how much a text looks like a job title: words found, at most 2."""
    found = len(_pattern("title").findall(text)) + len(_pattern("title_substrings").findall(text))
    return min(found, 2) * (1.0 if len(text.split()) <= 8 else 0.4)


def employer_score(text: str) -> float:
    """Return how much a text looks like the name of a company, at most 2."""
    found = len(_pattern("employer").findall(text)) + len(_pattern("employer_substrings").findall(text))
    return float(min(found, 2))


def is_institution(text: str) -> bool:
    """Tell whether a text names a school or university."""
    return bool(_pattern("institution").search(text) or _pattern("institution_substrings").search(text))


def find_degree(text: str) -> re.Match[str] | None:
    """Find the first word of a degree, such as "B.S." or "Master"."""
    return _pattern("degree").search(text)


def is_human_language(text: str) -> bool:
    """Tell whether a text begins with the name of a language people speak."""
    match = _pattern("human_languages").match(text.strip())
    return match is not None


@functools.cache
def _location_pattern() -> re.Pattern[str]:
    places = read_data("places")
    state = "|".join(places["states"])
    named = "|".join(
        re.escape(name)
        for name in sorted({*places["regions"], *places["countries"]}, key=lambda name: (-len(name), name))
    )
    alone = "|".join(
        re.escape(name)
        for name in sorted(
            {*places["cities"], *places["countries"], *places["regions"]}, key=lambda name: (-len(name), name)
        )
    )
    country = "|".join(re.escape(name) for name in places["countries"])
    remote = "|".join(re.escape(name) for name in places["remote"])
    city = _city(3)
    tail = rf"(?:{state}|(?i:{named}))"
    code = r"(?:\s+\d{5}(?:-\d{4})?)?"
    place = rf"{city},\s*(?:{tail}{code}(?:,\s*{tail})?|{city},\s*(?i:{country}))"
    mode = rf"(?i:{remote})"
    return re.compile(
        rf"(?:{place}|(?i:{alone})|{mode})(?:\s*(?:[-–—/,(&]|or|and)\s*(?:{place}|{mode}|(?i:{alone}))\)?)?"
    )


def _city(more_words: int) -> str:
    """A city: words without full stops inside, but for short ones such as "St."."""
    word = r"(?:[^\W\d_]{1,3}\.|[^\W\d_][\w'’-]*)"
    return rf"{word}(?:[ -]{word}){{0,{more_words}}}"


def _is_company(place: str) -> bool:
    """Tell whether what looks like a place names a company or school; a state ("CO") is no legal form."""
    city = place.rsplit(",", 1)[0]
    return employer_score(city) > 0 or is_institution(city)


def is_location(text: str) -> bool:
    """Tell whether a text is a place and nothing else: "Austin, TX", "Lyon, France", "Berlin", "Remote"."""
    stripped = text.strip().strip("()[]").strip()
    if not 2 <= len(stripped) <= 60 or _location_pattern().fullmatch(stripped) is None:
        return False
    return not _is_company(stripped)


@functools.cache
def _trailing_location_pattern() -> re.Pattern[str]:
    places = read_data("places")
    state = "|".join(places["states"])
    names = {*places["regions"], *places["countries"]}
    named = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    code = r"(?:,?\s+(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d))?"
    opening = r"(?:,|\s[-–—|·]|\s\(|\t)\s*"
    return re.compile(rf"{opening}(?P<place>{_city(2)},\s*(?:{state}|(?i:{named}))){code}\)?\s*$")


def find_trailing_location(text: str) -> re.Match[str] | None:
    """Find a place with its state or country at the end of a text: "Acme, Austin, TX"."""
    match = _trailing_location_pattern().search(text) if "," in text else None
    return None if match is None or _is_company(match["place"]) else match


def is_date_text(text: str) -> bool:
    """Tell whether a text is a date or a range, with at most a few other letters."""
    if len(text) > 80:
        return False
    found = find_range(text) or find_date(text)
    if found is None:
        return False
    start, end = found[1]
    rest = re.sub(r"[\W\d_]", "", text[:start] + text[end:])
    return len(rest) <= 3
