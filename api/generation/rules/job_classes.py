"""Job family and region of an ad or a title.

The two tables (`job_families.csv`, `regions.csv`) stand behind the application and the marts, so that "software
engineer in Germany" is the same group in both. The first row that fits wins: order is part of the data. Cities have
namesakes, so a state or country written behind one decides (`region_qualifiers.csv`): "Paris, TX", "Perth, Scotland".
"""

from __future__ import annotations

import re
from functools import cache

from api.generation.rules.data_files import read_csv
from api.generation.rules.folding import fold_characters

UNKNOWN = "unknown"
_BEHIND = re.compile(r"\s?(?:,\s?|\()")
_ABBREVIATION = re.compile(r"\\b[A-Z]{2}\\b|,\\s\([A-Z|]+\)\\b")


@cache
def job_families() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(job family, pattern of titles), most specific first."""
    return tuple(
        (row["job_family"], re.compile(row["title_pattern"], re.IGNORECASE)) for row in read_csv("job_families.csv")
    )


@cache
def regions() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    """(region, patterns of places). Two-letter codes count in capitals only: "US" is a country, "us" is a pronoun."""
    found = []
    for row in read_csv("regions.csv"):
        codes = _ABBREVIATION.findall(row["place_pattern"])
        names = _ABBREVIATION.sub("", row["place_pattern"])
        names = re.sub(r"\|{2,}", "|", names).strip("|")
        patterns = [re.compile(names, re.IGNORECASE)]
        if codes:
            patterns.append(re.compile("|".join(codes)))
        found.append((row["region"], tuple(patterns)))
    return tuple(found)


@cache
def _qualifiers() -> tuple[tuple[str, re.Pattern[str], frozenset[str]], ...]:
    """(region, pattern of what may stand behind a city, regions whose cities it does not move: "Toronto, CA")."""
    return tuple(
        (row["region"], re.compile(rf"(?:{row['qualifier_pattern']})(?!\w)"), frozenset(row["not_of"].split("|")))
        for row in read_csv("region_qualifiers.csv")
    )


def classify_job_family(title: str) -> str:
    """The job family of a title, `unknown` when no row fits."""
    plain = fold_characters(title)
    for family, pattern in job_families():
        if pattern.search(plain):
            return family
    return UNKNOWN


def classify_region(place: str) -> str:
    """The region of a place name, `unknown` when no row fits. The place named first decides."""
    plain = fold_characters(place)
    best: tuple[int, int, str] | None = None
    for region, patterns in regions():
        for pattern in patterns:
            match = pattern.search(plain)
            if match and (best is None or match.start() < best[0]):
                best = (match.start(), match.end(), region)
    if best is None:
        return UNKNOWN
    behind = _BEHIND.match(plain, best[1])
    if behind:
        for region, pattern, not_of in _qualifiers():
            if best[2] not in not_of and pattern.match(plain, behind.end()):
                return region
    return best[2]
