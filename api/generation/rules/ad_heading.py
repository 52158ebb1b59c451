"""The title, the employer and the place of an ad, as far as it says them itself."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from api.generation.rules.ad_requirements import ad_pattern
from api.generation.rules.data_files import read_yaml
from api.generation.rules.folding import fold_case, fold_characters
from api.generation.rules.job_classes import UNKNOWN, classify_job_family, classify_region

_GENDER = re.compile(
    r"\s*[(\[]?\b[mwfdhx]\s?/\s?[mwfdhx](?:\s?/\s?[mwfdhx*]|\s?/\s?divers)?\b[)\]]?|\s*\(all genders\)", re.IGNORECASE
)
_EDGE = re.compile(r"^[^\w(.]+|[^\w)+#.]+$|(?<=\w{3})\.$")
_SEPARATOR = re.compile(r"\s+(?:at|@|bei|chez|in|en)\s+|\s+[|–—·•-]\s+|,\s|\n")
_PREFIX = re.compile(
    r"^(?:(?:we(?:'re| are)|now|currently|urgently)? ?hiring(?: an?)?|job (?:ad|opening|posting)|wanted|vacancy|"
    r"open position|wir suchen|nous recrutons|se busca|vaga|gesucht)\s*[:!–-]\s*",
    re.IGNORECASE,
)
_PLACE_IN_BRACKETS = re.compile(r"\s*\(([^()]{2,40})\)$")
_ARTICLE = re.compile(r"^(?:die|der|das|the|la|le|el|il|de|o|a)\s+(?=[A-Z])", re.IGNORECASE)
_BULLET = re.compile(r"[-*•·–✅]\s")
_LEGAL_FORM = re.compile(r"\s+(?:GmbH|AG|SE|KG|Inc\.?|LLC|Ltd\.?|Limited|SAS|S\.A\.|SpA|B\.V\.|PLC|plc)(?!\w)")
_HEAD = 1500
_LINES = 6
_WRAPPED = 60
_SENTENCE = re.compile(r"[^\W\d_]{4,}[.!?] ")


def find_title(text: str) -> str:
    """The job's title in the ad's words, empty when it names none. At most the first 1,500 characters are read."""
    head = fold_characters(text[:_HEAD])
    label = re.search(ad_pattern("title_label").pattern, head, re.IGNORECASE)
    if label:
        return _title_in_line(label["value"], marked_counts=True) or _clean(label["value"])
    for number, line in enumerate(_first_lines(head)):
        named = _title_in_line(line, marked_counts=number == 0)
        if named:
            return named
    for phrase in re.finditer(ad_pattern("title_phrase").pattern, head, re.IGNORECASE):
        named = _clean(re.sub(ad_pattern("title_end").pattern, "", phrase["value"], flags=re.IGNORECASE))
        if classify_job_family(named) != UNKNOWN and len(named.split()) <= 8:
            return named
    return ""


def _first_lines(head: str) -> list[str]:
    """The first lines that are not the middle of a wrapped paragraph."""
    lines = [line.strip() for line in head.splitlines()]
    starts = [line for before, line in pairwise(["", *lines]) if line and len(before) <= _WRAPPED]
    return starts[:_LINES]


def _title_in_line(line: str, *, marked_counts: bool) -> str:
    """The first part of a heading line that names a job; a line marked "(m/w/d)" names one whatever it is."""
    if not marked_counts and _BULLET.match(line):
        return ""
    line = _PREFIX.sub("", _clean(line))
    a_sentence = re.search(ad_pattern("title_phrase").pattern, line, re.IGNORECASE) or _SENTENCE.search(line)
    if not 3 <= len(line) <= 90 or a_sentence or line.endswith((".", "!", "?", ":")):
        return ""
    parts = [part for part in map(_clean, _SEPARATOR.split(_GENDER.sub("", line))) if part]
    for part in parts:
        if classify_job_family(part) != UNKNOWN and 0 < len(part.split()) <= 9:
            bracket = _PLACE_IN_BRACKETS.search(part)
            return part[: bracket.start()] if bracket and classify_region(bracket[1]) != UNKNOWN else part
    marked = marked_counts and (
        _GENDER.search(line) is not None or ad_pattern("title_shape").search(fold_case(parts[0] if parts else ""))
    )
    return parts[0] if marked and parts and len(parts[0].split()) <= 9 else ""


def find_company(text: str) -> str:
    """The employer's name in the ad's words, empty when it is not said plainly."""
    words: Any = read_yaml("ad_words.yaml")["not_company"]
    head = fold_characters(text[: _HEAD * 2])
    label = re.search(ad_pattern("company_label").pattern, head, re.IGNORECASE)
    if label:
        return _clean(label["value"])
    first = next((line.strip() for line in head.splitlines() if line.strip()), "")
    at_employer = re.search(r"\s(?:at|@|bei|chez)\s+([A-Z][\w&.' -]{1,40})$", first)
    if at_employer and len(first) <= 90:
        return _clean(at_employer.group(1))
    for match in ad_pattern("company_phrase").finditer(head):
        name = _ARTICLE.sub("", _clean(match["a"] or match["b"] or match["c"] or ""))
        legal_form = _LEGAL_FORM.match(head, match.end(match.lastgroup or 0))
        name += f" {legal_form.group().strip()}" if legal_form and name else ""
        if name and name.lower() not in words and name.split()[0].lower() not in words:
            return name
    return ""


def find_location(text: str) -> str:
    """The place of work in the ad's words, empty when it names none."""
    head = text[: _HEAD * 3]
    label = re.search(ad_pattern("location_label").pattern, fold_characters(head), re.IGNORECASE)
    if label:
        return _clean(re.split(r"(?<!\bSt)\.\s|[(|;]|\s-\s", label["value"])[0])
    for match in ad_pattern("location_phrase").finditer(head):
        place = _clean(match["value"])
        if classify_region(place) != UNKNOWN:
            return place
    for line in _first_lines(fold_characters(head)):
        parts = [_clean(part) for part in re.split(rf"{_SEPARATOR.pattern}|[()]", line)] if len(line) <= 90 else []
        for part, behind in pairwise([*parts, ""]):
            region = classify_region(part)
            if len(part) <= 40 and region != UNKNOWN and classify_job_family(part) == UNKNOWN:
                full = f"{part}, {behind}"  # "Paris, TX"
                return full if classify_region(full) != region else part
    return ""


def _clean(value: str) -> str:
    return " ".join(_EDGE.sub("", _GENDER.sub("", value)).split())
