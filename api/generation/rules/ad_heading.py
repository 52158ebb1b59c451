"""The title, the employer and the place of an ad, as far as it says them itself."""

from __future__ import annotations

import re
from typing import Any

from api.generation.rules.ad_requirements import ad_pattern
from api.generation.rules.data_files import read_yaml
from api.generation.rules.folding import fold_characters
from api.generation.rules.job_classes import UNKNOWN, classify_job_family, classify_region

_GENDER = re.compile(
    r"\s*[(\[]?\b[mwfdhx]\s?/\s?[mwfdhx](?:\s?/\s?[mwfdhx*]|\s?/\s?divers)?\b[)\]]?|\s*\(all genders\)", re.IGNORECASE
)
_EDGE = re.compile(r"^[\s#*_>\-–—•|:]+|[\s#*_\-–—•|:,.;]+$")
_HEAD = 1500


def find_title(text: str) -> str:
    """The job's title in the ad's words, empty when it names none. At most the first 1,500 characters are read."""
    head = fold_characters(text[:_HEAD])
    label = re.search(ad_pattern("title_label").pattern, head, re.IGNORECASE)
    if label:
        return _clean(label["value"])
    first = next((line.strip() for line in head.splitlines() if line.strip()), "")
    a_sentence = re.search(ad_pattern("title_phrase").pattern, first, re.IGNORECASE)
    if 3 <= len(first) <= 90 and not a_sentence and not first.endswith((".", "!", "?", ":")):
        named = _clean(re.split(r"\s+(?:at|@|bei|chez|in)\s+|\s+[|–—-]\s+|,\s", _GENDER.sub("", first))[0])
        marked = _GENDER.search(first) is not None
        if (marked or classify_job_family(named) != UNKNOWN) and 0 < len(named.split()) <= 9:
            return named
    best = ""
    for phrase in re.finditer(ad_pattern("title_phrase").pattern, head, re.IGNORECASE):
        named = _clean(re.sub(ad_pattern("title_end").pattern, "", phrase["value"], flags=re.IGNORECASE))
        if classify_job_family(named) != UNKNOWN and len(named.split()) <= 8:
            return named
        best = best or ""
    return best


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
        name = _clean(match["a"] or match["b"] or "")
        if name and name.lower() not in words and name.split()[0].lower() not in words:
            return name
    return ""


def find_location(text: str) -> str:
    """The place of work in the ad's words, empty when it names none."""
    head = text[: _HEAD * 3]
    label = re.search(ad_pattern("location_label").pattern, fold_characters(head), re.IGNORECASE)
    if label:
        return _clean(re.split(r"\.\s|[(|;]|\s-\s", label["value"])[0])
    for match in ad_pattern("location_phrase").finditer(head):
        place = _clean(match["value"])
        if classify_region(place) != UNKNOWN:
            return place
    return ""


def _clean(value: str) -> str:
    return " ".join(_EDGE.sub("", _GENDER.sub("", value)).split())
