"""The patterns of dates in text, compiled from the word lists of `data/date_words.yaml`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from api.profile.rules.calendars import ERA_YEAR
from api.profile.rules.data_files import read_data

MAY_HOLD_A_DATE = re.compile(
    r"\d{4}|\d{2}XX|['’‘]\s?\d{2}|\d{1,2}/\d{2}|[^\W\d_][-/]\d{2}|年|(?:令和|平成|昭和)|[RHS]\d", re.I
)
"""What every date has. Looking for it first spares most lines the long patterns."""


def words() -> dict[str, Any]:
    """Return the word lists."""
    return read_data("date_words")


@functools.cache
def months() -> dict[str, int]:
    """Return month names of all languages in small letters, with their numbers."""
    found: dict[str, int] = {}
    for language in words()["months"].values():
        for number, names in enumerate(language, start=1):
            for name in names:
                found.setdefault(name.lower(), number)
    return found


@functools.cache
def current_words() -> frozenset[str]:
    """Return every known word for "still going on", casefolded."""
    return frozenset(word.casefold() for found in words()["current"].values() for word in found)


def _alternatives(found: Iterable[str]) -> str:
    """Longest first, so that "to date" is not read as "to"; spaces match any run of spaces."""
    ordered = sorted(set(found), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)


@functools.cache
def _parts(other_years: str) -> dict[str, str]:
    """The pieces that the patterns share."""
    # "20XX" is what templates leave to fill in: a date in its place, though none that can be read.
    year = rf"(?:(?:19|20)\d{{2}}|20XX{'|' + other_years if other_years else ''})"
    month = f"(?:{_alternatives(months())})"
    season = f"(?:{_alternatives(words()['seasons'])})"
    era = r"(?:(?:พ\.?\s?ศ\.?|B\.?E\.?)\s*)?" if other_years else ""
    after = r"(?:\s*(?:B\.?E\.?(?![A-Za-z])|هـ|AH\b))?" if other_years else ""
    point = (
        rf"(?:{year}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?!\d)|{year}[-/.](?:0?[1-9]|1[0-2])(?!\d)"
        rf"|{year}\.\s(?:0?[1-9]|1[0-2])\.(?:\s\d{{1,2}}\.)?"
        rf"|(?<!\d)\d{{1,2}}[/.-]\d{{1,2}}[/.-]{year}|(?<!\d)(?:0?[1-9]|1[0-2])\s?[/.-]\s?{year}"
        rf"|(?<![^\W\d_])(?:(?<![\d.,])\d{{1,2}}(?:st|nd|rd|th|er|\.|º)? +)?(?:de\s+)?{month}\.?"
        rf"(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?"
        rf"(?:(?:,|\s+de|\s+del)?\s*(?:{era}{year}{after}|['’‘]\d{{2}}(?!\d))|[-/]{year})"
        rf"|(?<![^\W\d_]){season}(?:\s+of)?(?:,?\s+|-|/)(?:{year}|['’‘]\d{{2}}(?!\d))|{year}[\s/-]?[qh][1-4](?!\w)"
        rf"|{year}\s*年(?:\s*\d{{1,2}}\s*月)?(?:\s*\d{{1,2}}\s*日)?|{year}\s*년(?:\s*\d{{1,2}}\s*월)?"
        rf"|{ERA_YEAR}"
        rf"|{year}\.?\s+{month}(?![^\W\d_])\.?"
        rf"|(?<![\d$€£¥,.]){era}{year}{after}(?![\d%+]|,\d|\.\d))"
    )
    # Two digits are a year only where a range shows it: "'19 – '21", "03/19 - 05/21", "Mar-19 – Apr-21".
    short = rf"(?:['’‘]\d{{2}}|(?:0?[1-9]|1[0-2])/\d{{2}}|{month}\.?[-/]\d{{2}})(?![\d/])"
    return {
        "year": year,
        "month": month,
        "point": point,
        "short": short,
        "current": f"(?:{_alternatives(current_words())})",
        "until": _alternatives(words()["until"]),
        "since": _alternatives(words()["since"]),
        "lead": _alternatives([*words()["lead"], *words()["since"]]),
        "prefix": rf"(?:(?:{_alternatives(words()['prefixes'])})\b[:.]?\s*|FY\s?)",
        "suffix": rf"(?:\s*(?:{_alternatives(words()['year_suffixes'])})(?![^\W\d_]))?",
    }


@functools.cache
def pattern(name: str, other_years: str = "") -> re.Pattern[str]:
    """Compile one of the few patterns that the word lists make up.

    Args:
        name: "range", "between", "since", "trailing", "point", "point_only" or "month".
        other_years: alternatives for years of other calendars, see `calendars.other_years`.
    """
    part = _parts(other_years)
    point, month, current, suffix = part["point"], part["month"], part["current"], part["suffix"]
    # Where a dash has no text behind it, two dates with months stand side by side.
    side_by_side = rf" {{1,3}}(?={month}\.? +{part['year']})"
    stroke = r"\s*(?:[-–—‒−~〜～→▸►…]+|\.{2,3})\s*>?\s*"
    # 2018/2019, 2018/19 and the interval of ISO 8601.
    slash = r"(?<=\d{4})/(?=(?:19|20)\d{2}(?![\d/-])|(?:1[3-9]|[2-9]\d)(?!\d))|(?<=-\d{2})/(?=(?:19|20)\d{2}-\d{2})"
    dash = rf"(?:{side_by_side}|{stroke}|{slash}|\s+(?:{part['until']})\s+|\s*(?:から|부터|至|到)\s*)"
    # A bare month may open a range whose year stands at its end: "Jun – Aug 2023".
    bare = rf"(?<![^\W\d_]){month}\.?(?={dash}{point})"
    short = rf"(?<![\w/]){part['short']}(?=(?:{stroke}|\s+to\s+)(?:{part['short']}|{current}))"
    first, second = (_alternatives(side) for side in zip(*words()["between"], strict=True))
    sources = {
        "point": rf"(?:(?<![^\W\d_]){part['prefix']})?(?P<point>{point})",
        "range": (
            rf"(?:(?<![^\W\d_])(?:{part['lead']})\s+)?(?P<start>{point}|{bare}|{short}){suffix}(?:{dash}{part['prefix']}?"
            rf"(?P<end>{point}|{part['short']}|(?:{part['until']})?\s*{current}(?![^\W\d_])\.?|['’‘]?\d{{2}}(?![\d/.-]))"
            rf"{suffix}(?:\s*(?:까지|まで))?|\s+(?P<open>{current})(?![^\W\d_]))"
        ),
        "between": rf"(?<![^\W\d_])(?:{first})\s+(?P<start>{point})\s+(?:{second})\s+(?P<end>{point})",
        "since": rf"(?<![^\W\d_])(?:{part['since']})\s+(?P<start>{point}){suffix}(?!\s*[-–—])",
        "trailing": rf"(?P<start>{point}){suffix}\s*[-–—]\s*(?=$|[|·•,;)\t])",
        "point_only": (
            rf"\s*(?:{part['prefix']}|(?:{part['lead']})\s+)?(?P<point>{point}|{part['short']}){suffix}\s*\.?\s*"
        ),
        "month": rf"(?<![^\W\d_])(?P<month>{month})(?![^\W\d_])",
    }
    return re.compile(sources[name], re.IGNORECASE)
