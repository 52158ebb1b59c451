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

from api.profile.rules.calendars import common_year, other_years, read_era, with_ascii_digits
from api.profile.rules.date_patterns import MAY_HOLD_A_DATE, current_words, months, pattern, words
from api.profile.rules.profile import Role

FIRST_YEAR, LAST_YEAR = 1900, 2100
MAX_DATE_LENGTH = 60
MAX_LINE_LENGTH = 1000
WHOLE_TEXT_YEARS = other_years("พ.ศ. هـ")
"""Years of every calendar: a text that is a date and nothing else needs no other sign of which one is meant."""
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
    if iso and FIRST_YEAR <= int(iso[1]) <= LAST_YEAR:
        return _checked(int(iso[1]), _number(iso[2]), _number(iso[3]))
    folded = with_ascii_digits(cleaned)
    match = pattern("point_only", WHOLE_TEXT_YEARS).fullmatch(folded)
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
    """Read the parts of a text that the point pattern matched; its digits are ASCII."""
    era = read_era(text)
    if era is not None:
        year, text = era
        rest = [int(found) for found in re.findall(r"\d+", text)]
        return _checked(year, rest[0] if rest else None, rest[1] if len(rest) > 1 else None)
    named = pattern("month").search(text)
    month = months()[_spaced(named["month"])] if named else None
    numbers = [(int(found), len(found)) for found in re.findall(r"\d+", text)]
    years = [value for value, length in numbers if length == 4]
    if not years:
        short = re.search(r"['’‘/-](\d{2})$", text)
        if short is None:
            return None
        before = re.match(r"(\d{1,2})/", text)
        return _checked(_full_year(int(short[1])), int(before[1]) if before else month, None)
    common = common_year(years[0], text)
    if not common.keeps_months:
        return _checked(common.number, None, None)
    rest = [value for value, length in numbers if length < 4]
    if named and not re.search(r"tháng", text, re.IGNORECASE):
        return _checked(common.number, month, rest[0] if rest else None)
    if re.match(r"\D*\d{4}", text) and len(rest) == 2:
        return _checked(common.number, rest[0], rest[1])
    if len(rest) == 2:
        # Day and month cannot be told apart unless one is above 12 or dots part them, as where the day comes first:
        # keep the year, and the month when it is certain.
        first, second = rest
        if second > 12:
            return _checked(common.number, first, second)
        is_certain = first > 12 or first == second or "." in text
        return _checked(common.number, second, first) if is_certain else _checked(common.number, None, None)
    is_season_number = re.search(r"\b[qh]\d|\d[qh]\b", text, re.IGNORECASE)
    return _checked(common.number, rest[0] if rest and not is_season_number else None, None)


def _spaced(word: str) -> str:
    return " ".join(word.split()).lower()


def _full_year(two_digits: int) -> int:
    return (2000 if two_digits < 70 else 1900) + two_digits


# A reader asks for the dates of one line several times; the patterns are the slowest part of reading a document.
@functools.lru_cache(maxsize=4096)
def find_range(text: str) -> tuple[DateRange, tuple[int, int]] | None:
    """Find the first date range in a line: the range as written, and where it stands (start and end offset)."""
    folded = _searchable(text)
    if folded is None:
        return None
    years = other_years(folded)
    match = pattern("between", years).search(folded)
    if match:
        start, end = _written(text, match, "start"), _written(text, match, "end")
        return DateRange(start, end, current=False), match.span()
    match = pattern("range", years).search(folded)
    if match:
        end = _written(text, match, "end") if match["end"] else ""
        # In "Jan 2020 to date" the end is a word.
        is_open = bool(match["open"]) or not re.search(r"\d|元", end)
        start = _written(text, match, "start")
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
        match = pattern(name, years).search(folded)
        if match:
            return DateRange(_written(text, match, "start"), "", current=True), match.span()
    return None


def _written(text: str, match: re.Match[str], group: str) -> str:
    """What stands in the line, in its own digits. The "de" of "de mars 2019 à mai 2021" belongs to the range."""
    return re.sub(r"^de\s+", "", text[slice(*match.span(group))].strip(), flags=re.IGNORECASE)


def _searchable(text: str) -> str | None:
    """The text with ASCII digits, or None when it is too long for a line with a date or can hold none."""
    if len(text) > MAX_LINE_LENGTH:
        return None
    folded = with_ascii_digits(text)
    return folded if MAY_HOLD_A_DATE.search(folded) else None


def _with_year_of(start: str, end: str) -> str:
    """Complete "Jun" in "Jun – Aug 2023" by the year that it shares with the end."""
    year = re.search(r"\d{4}", end)
    return f"{start} {year[0]}" if year and not re.search(r"\d|元", start) else start


def _with_century_of(end: str, start: str) -> str:
    """Complete "21" in "2019–21" by the century that it shares with the start."""
    year = re.search(r"\d{4}", start)
    return f"{year[0][:2]}{end}" if year and re.fullmatch(r"\d{2}", end) else end


@functools.lru_cache(maxsize=4096)
def find_date(text: str) -> tuple[str, tuple[int, int]] | None:
    """Find the first single date in a line, without words such as "Expected" that stand before it."""
    folded = _searchable(text)
    if folded is None:
        return None
    match = pattern("point", other_years(folded)).search(folded)
    return (_written(text, match, "point"), match.span()) if match else None


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
    names = words()["months"].get(base, words()["months"]["en"])
    name = names[parsed.month - 1][0]
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
