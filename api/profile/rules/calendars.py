"""Years of other calendars and digits of other scripts, as far as resumes use them.

What a person wrote is never rewritten; a year is converted only to order entries and to sum tenure. The
offsets are those of the calendars in Unicode CLDR (Buddhist 543, Minguo 1911, Japanese eras by their first year). A
Persian year begins in March and an Islamic one moves through the seasons: these two are right to within a year.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

BUDDHIST_OFFSET = 543
PERSIAN_OFFSET = 621
MINGUO_OFFSET = 1911
LAST_PERSIAN_YEAR = 1410
"""2031. Later years are Islamic ones unless a mark says otherwise."""
JAPANESE_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "R": 2018, "H": 1988, "S": 1925}
ERA_YEAR = (
    r"(?:(?:令和|平成|昭和|大正|民國|民国)\s*(?:\d{1,3}|元)\s*年(?:\s*\d{1,2}\s*月)?(?:\s*\d{1,2}\s*日)?"
    r"|(?<![A-Za-z])(?-i:[RHS])\d{1,2}[./]\d{1,2}(?![\d./]))"
)
_ERA = re.compile(
    r"(?P<era>令和|平成|昭和|大正|民國|民国|R|H|S)\s*(?P<year>\d{1,3}|元)\s*(?:年|[./])(?P<rest>.*)", re.DOTALL
)
_HYPHENS = "\u2010\u2011\u2015\u2043\u2053\ufe58\ufe63\uff0d"
"""Hyphens that word processors and fonts put between years, beside the dashes that the patterns know."""
_THAI = re.compile("[\u0e00-\u0e7f]")
_PERSIAN = re.compile("[\u0600-\u06ff]")
_BUDDHIST_MARK = re.compile(r"(?<![A-Za-z])B\.?E\.?(?![A-Za-z])|พ\.?\s?ศ\.?")
_BUDDHIST_PAIR = re.compile(r"\W*(?:24[89]|25\d)\d\s*[-–—~]\s*(?:24[89]|25\d)\d\W*")
_ISLAMIC_MARK = re.compile(r"هـ|ه\.?\s?ق|\bA\.?H\b")


@dataclass(frozen=True, slots=True)
class Year:
    """A year of our calendar, and whether months beside it are those of our calendar too."""

    number: int
    keeps_months: bool = True


@functools.cache
def _digits() -> dict[int, str]:
    """Every decimal digit of Unicode that is not ASCII, to the ASCII one; hyphens and bars, to the ASCII hyphen."""
    return dict.fromkeys(map(ord, _HYPHENS), "-") | {
        code: str(unicodedata.digit(chr(code)))
        for code in range(128, 0x20000)
        if unicodedata.category(chr(code)) == "Nd"
    }


def with_ascii_digits(text: str) -> str:
    """Return a text of the same length with digits of every script as ASCII ones, and every kind of hyphen as "-"."""
    return text if text.isascii() else text.translate(_digits())


def other_years(text: str) -> str:
    """Return the alternatives of a year pattern, beyond 19xx and 20xx, that a line makes plausible, or "".

    A bare 2562 is a number; beside Thai words or as one half of a range of such years it is a year.
    """
    found = []
    if _THAI.search(text) or _BUDDHIST_MARK.search(text) or _BUDDHIST_PAIR.fullmatch(text):
        found.append(r"(?:24[89]|25\d)\d")
    if _PERSIAN.search(text) or _ISLAMIC_MARK.search(text):
        found.append(r"1[34]\d{2}")
    return "|".join(found)


def common_year(number: int, text: str) -> Year:
    """Convert a four-digit year to ours; `text` is the date it stands in. Years that are ours stay.

    >>> common_year(2562, "พ.ศ. 2562").number
    2019
    """
    if 2400 <= number < 2700:
        return Year(number - BUDDHIST_OFFSET)
    if 1300 <= number <= LAST_PERSIAN_YEAR and not _ISLAMIC_MARK.search(text):
        return Year(number + PERSIAN_OFFSET, keeps_months=False)
    if 1300 <= number < 1500:
        return Year(round(number * 0.970224 + 621.5774), keeps_months=False)
    return Year(number)


def read_era(text: str) -> tuple[int, str] | None:
    """Read a year of a Japanese era or of the Minguo calendar; return our year and the text behind it.

    >>> read_era("令和元年5月")
    (2019, '5月')
    """
    match = _ERA.match(text.strip())
    if match is None:
        return None
    number = 1 if match["year"] == "元" else int(match["year"])
    return JAPANESE_ERAS.get(match["era"], MINGUO_OFFSET) + number, match["rest"]
