"""Partial dates as people write them on resumes.

A date is kept as the person gave it: a year stays a year, a season stays a season, "Present" stays open. Parsing exists
for ordering, for tenure and for recognising dates in imported text, never to rewrite what was given. The words of the
common languages are data (`api/profile/data/date_words.yaml`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from api.profile.rules.profile import Role

FIRST_YEAR, LAST_YEAR = 1900, 2100
MAX_DATE_LENGTH = 60
_DATA = Path(__file__).parent.parent / "data" / "date_words.yaml"
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:T.*)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, perhaps with a month, perhaps with a day. Missing parts are None, never guessed."""

    year: int
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class DateRange:
    """Two dates as written. `end` is "" when the range is still open, and then `current` is true.

    `open_word` is the word that stood for the open end ("Present", "heute"), "" where there was none.
    """

    start: str
    end: str
    current: bool
    open_word: str = ""


@functools.cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return words


@functools.cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for months in _words()["months"].values():
        for number, names in enumerate(months, start=1):
            for name in names:
                found.setdefault(name.casefold(), number)
    return found


@functools.cache
def current_words() -> frozenset[str]:
    """Return every known word for "still going on", casefolded."""
    return frozenset(word.casefold() for words in _words()["current"].values() for word in words)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(
        re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=lambda word: (-len(word), word))
    )


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    """Compile one of the few patterns that the word lists make up."""
    # "20XX" is what templates leave to fill in: a date in its place, though none that can be read.
    year = r"(?:(?:19|20)\d{2}|20XX)"
    month = f"(?:{_alternatives(_months())})"
    season = f"(?:{_alternatives(_words()['seasons'])})"
    current = f"(?:{_alternatives(current_words())})"
    point = (
        rf"(?:{year}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?!\d)|{year}[-/.](?:0?[1-9]|1[0-2])(?!\d)"
        rf"|(?<!\d)\d{{1,2}}[/.-]\d{{1,2}}[/.-]{year}|(?<!\d)(?:0?[1-9]|1[0-2])\s?[/.-]\s?{year}"
        rf"|(?<![^\W\d_])(?:(?<![\d.,])\d{{1,2}}(?:st|nd|rd|th|er|\.|º)? +)?(?:de\s+)?{month}\.?"
        rf"(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?"
        rf"(?:,|\s+de|\s+del)?\s*(?:{year}|['’‘]\d{{2}}(?!\d))"
        rf"|(?<![^\W\d_]){season}(?:\s+of)?,?\s+(?:{year}|['’‘]\d{{2}}(?!\d))"
        rf"|{year}\s*年(?:\s*\d{{1,2}}\s*月)?(?:\s*\d{{1,2}}\s*日)?|{year}\s*년(?:\s*\d{{1,2}}\s*월)?"
        rf"|{year}\s+{month}(?![^\W\d_])\.?"
        rf"|(?<![\d$€£¥,.]){year}(?![\d%+]|,\d|\.\d))"
    )
    # A bare month may open a range whose year stands at its end: "Jun – Aug 2023".
    bare = rf"(?<![^\W\d_]){month}\.?"
    until = _alternatives(_words()["until"])
    since = _alternatives(_words()["since"])
    prefix = _alternatives(_words()["prefixes"])
    # Where a dash has no text behind it, two dates with months stand side by side.
    side_by_side = rf" {{1,3}}(?={month}\.? +{year})"
    stroke = r"\s*[-–—‒−~〜～→]+\s*>?\s*"
    dash = rf"(?:{side_by_side}|{stroke}|\s+(?:{until})\s+|\s*から\s*)"
    sources = {
        "point": rf"(?:(?<![^\W\d_])(?:{prefix})\b[:.]?\s*)?(?P<point>{point})",
        "range": (
            rf"(?P<start>{point}|{bare}(?={dash}{point}))(?:{dash}(?:(?:{prefix})\s+)?"
            rf"(?P<end>{point}|(?:{until})?\s*{current}(?![^\W\d_])\.?|['’‘]?\d{{2}}(?![\d/.-]))"
            rf"|\s+(?P<open>{current})(?![^\W\d_]))"
        ),
        "since": rf"(?<![^\W\d_])(?:{since})\s+(?P<start>{point})(?!\s*[-–—])",
        "trailing": rf"(?P<start>{point})\s*[-–—]\s*(?=$|[|·•,;)\t])",
        "point_only": rf"\s*(?:(?:{prefix})\s*[:.]?\s*)?(?P<point>{point})\s*\.?\s*",
        "month": rf"(?<![^\W\d_])(?P<month>{month})(?![^\W\d_])",
    }
    return re.compile(sources[name], re.IGNORECASE)


def is_current(text: str | None) -> bool:
    """Tell whether an end date means "still going on": missing, empty, or a word such as "Present" or "heute"."""
    if text is None:
        return True
    cleaned = " ".join(text.split()).casefold().strip(" ()-–—")
    return cleaned.strip(".") == "" or cleaned in current_words() or cleaned.rstrip(".") in current_words()


def parse_date(text: str | None) -> PartialDate | None:
    """Read a partial date, or return None when the text names none (then it is no date, or an open end).

    >>> parse_date("2019-05")
    PartialDate(year=2019, month=5, day=None)
    >>> parse_date("Jan '22")
    PartialDate(year=2022, month=1, day=None)
    """
    if not text or len(text) > MAX_DATE_LENGTH:
        return None
    cleaned = " ".join(text.split())
    iso = _ISO.fullmatch(cleaned)
    if iso:
        return _checked(int(iso[1]), _number(iso[2]), _number(iso[3]))
    match = _pattern("point_only").fullmatch(cleaned)
    return _read_point(match["point"]) if match else None


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _checked(year: int, month: int | None, day: int | None) -> PartialDate | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        date(year, month if month is not None else 1, day if day is not None else 1)
    except ValueError:
        return None
    return PartialDate(year, month, day)


def _read_point(text: str) -> PartialDate | None:
    """Read the parts of a text that the point pattern matched."""
    named = _pattern("month").search(text)
    numbers = [(int(found), len(found)) for found in re.findall(r"\d+", text)]
    years = [value for value, length in numbers if length == 4]
    if not years:
        short = re.search(r"['’‘](\d{2})", text)
        if short is None:
            return None
        return _checked(_full_year(int(short[1])), _months()[named["month"].casefold()] if named else None, None)
    rest = [value for value, length in numbers if length < 4]
    if named and not re.search(r"tháng", text, re.IGNORECASE):
        return _checked(years[0], _months()[_spaced(named["month"])], rest[0] if rest else None)
    if re.match(r"\D*\d{4}", text) and len(rest) == 2:
        return _checked(years[0], rest[0], rest[1])
    if len(rest) == 2:
        # Day and month cannot be told apart unless one is above 12: keep the year and the month when it is certain.
        first, second = rest
        if second > 12:
            return _checked(years[0], first, second)
        return _checked(years[0], second, first) if first > 12 or first == second else _checked(years[0], None, None)
    is_season_number = re.search(r"\b[qh]\d|\d[qh]\b", text, re.IGNORECASE)
    return _checked(years[0], rest[0] if rest and not is_season_number else None, None)


def _spaced(word: str) -> str:
    return " ".join(word.split()).casefold()


def _full_year(two_digits: int) -> int:
    return (2000 if two_digits < 70 else 1900) + two_digits


# A reader asks for the dates of one line several times; the patterns are the slowest part of reading a document.
@functools.lru_cache(maxsize=4096)
def find_range(text: str) -> tuple[DateRange, tuple[int, int]] | None:
    """Find the first date range in a line: the range as written, and where it stands (start and end offset)."""
    if len(text) > 1000 or not any(char.isdigit() for char in text):
        return None
    match = _pattern("range").search(text)
    if match:
        end = (match["end"] or "").strip()
        # In "Jan 2020 to date" the end is a word.
        is_open = bool(match["open"]) or not re.search(r"\d", end)
        start = match["start"].strip()
        if is_open:
            word = (match["open"] or end).strip()
            if word.casefold() == "date":  # the word that is meant is "to date"
                word = text[match.end("start") : match.end()].strip(" -–—")
            return DateRange(start, "", current=True, open_word=word), match.span()
        start, end = _with_year_of(start, end), _with_century_of(end, start)
        first, last = parse_date(start), parse_date(end)
        if first is not None and last is not None and first.year > last.year:
            start, end = end, start  # newest first, or a right-to-left page that was read from the left
        return DateRange(start, end, current=False), match.span()
    for name in ("since", "trailing"):
        match = _pattern(name).search(text)
        if match:
            return DateRange(match["start"].strip(), "", current=True), match.span()
    return None


def _with_year_of(start: str, end: str) -> str:
    """Complete "Jun" in "Jun – Aug 2023" by the year that it shares with the end."""
    year = re.search(r"\d{4}", end)
    return f"{start} {year[0]}" if year and not re.search(r"\d{2}", start) else start


def _with_century_of(end: str, start: str) -> str:
    """Complete "21" in "2019–21" by the century that it shares with the start."""
    year = re.search(r"\d{4}", start)
    return f"{year[0][:2]}{end}" if year and re.fullmatch(r"\d{2}", end) else end


@functools.lru_cache(maxsize=4096)
def find_date(text: str) -> tuple[str, tuple[int, int]] | None:
    """Find the first single date in a line, without words such as "Expected" that stand before it."""
    if len(text) > 1000 or not any(char.isdigit() for char in text):
        return None
    match = _pattern("point").search(text)
    return (match["point"].strip(), match.span()) if match else None


def parse_range(text: str) -> DateRange | None:
    """Read a text that is a range and nothing else, such as "Jan 2020 to date" or "Jan '22 – Present"."""
    cleaned = " ".join(text.split()).strip("() ")
    found = find_range(cleaned)
    if found is None or found[1] != (0, len(cleaned)):
        return None
    return found[0]


def format_date(value: str | None, language: str = "en") -> str:
    """Show a date as precisely as it was given: 2019 -> "2019", 2019-05 -> "May 2019", 2019-05-04 -> "4 May 2019".

    Only ISO dates are put into words; whatever else the person wrote is shown as written.
    """
    if not value:
        return ""
    cleaned = " ".join(value.split())
    if not re.fullmatch(r"\d{4}-\d{1,2}(-\d{1,2})?", cleaned):
        return cleaned
    parsed = parse_date(cleaned)
    if parsed is None or parsed.month is None:
        return cleaned
    base = language.split("-")[0].casefold()
    if base in ("ja", "zh"):
        return f"{parsed.year}年{parsed.month}月" + (f"{parsed.day}日" if parsed.day else "")
    if base == "ko":
        return f"{parsed.year}년 {parsed.month}월" + (f" {parsed.day}일" if parsed.day else "")
    months = _words()["months"].get(base, _words()["months"]["en"])
    name = months[parsed.month - 1][0]
    day = f"{parsed.day}. " if parsed.day and base == "de" else (f"{parsed.day} " if parsed.day else "")
    joint = " de " if base in ("es", "pt") else " "
    return f"{day.rstrip()}{joint if day and base in ('es', 'pt') else ' ' if day else ''}{name}{joint}{parsed.year}"


def tenure_months(roles: Iterable[Role], as_of: date) -> int:
    """Return the months covered by at least one role, overlaps counted once.

    A month counts whole. A date with only a year stands at the middle of it, the estimate with the smallest error, so
    2019-2021 and 2020-2023 make 48 months. A role whose start cannot be read, or that ends before it starts, counts
    nothing.
    """
    today = as_of.year * 12 + as_of.month
    spans: list[tuple[int, int]] = []
    for role in roles:
        start = parse_date(role.start)
        end = parse_date(role.end)
        if start is None or (end is None and not role.current and not is_current(role.end)):
            continue
        first = start.year * 12 + (start.month - 1 if start.month else 6)
        last = today if end is None else end.year * 12 + (end.month or 6)
        spans.append((first, min(last, today)))
    total, reached = 0, 0
    for first, last in sorted(spans):
        total += max(0, last - max(first, reached))
        reached = max(reached, last)
    return total
