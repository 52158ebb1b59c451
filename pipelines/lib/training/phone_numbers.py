"""Phone numbers in free text: libphonenumber's matcher for what is valid somewhere, a rule of our own for the rest.

The library knows every country's plan but refuses numbers that are not assigned, which a resume may hold all the same
(a typing error, a number out of service), so a run of digits that only looks like a number goes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonenumbers import Leniency, PhoneNumberMatcher

RUN = re.compile(
    r"(?:(?:\+|00)?1[\s.·‐-―−-]?)?\(?\d{3}\)?[\s.·‐-―−-]{0,2}\d{3}[\s.·‐-―−-]\d{4}(?!\d)"
    r"|(?:\+|00)?\(?\d(?:[\s().\-‐-―−·•/]{0,3}\d){6,400}"
)
"""A North American number by itself, so that two in a row are two; else a run of digits, however many numbers it is."""
EXTENSION = re.compile(
    r"[\s,;(]{0,3}(?:\b(?:ext|extn|extension|poste|durchwahl|toestel|interno|anexo|ramal|wew)\b|(?<!\w)доб|(?<=[\s\d])x|#)"
    r"[.:]?\s?\d{1,6}\b",
    re.IGNORECASE,
)
"""What stands behind the number of a switchboard; with it one person is reached."""
DIGITS = re.compile(r"\d")
LEAST_DIGITS = 7
YEARS = re.compile(r"(?:19|20)\d\d")
MONEY_BEFORE = re.compile(r"[$€£¥₹]\s?$")
FACT_ID_BEFORE = re.compile(r"(?<![a-z])(?!tel-|phone-|fax-|mobile-|cell-)[a-z]{2,20}-$")
FACT_ID_DIGITS = 12
NOT_BEFORE = frozenset("_.,/")
LEAST_DIGITS_WITHOUT_YEAR = 9
"""Dates of two-digit parts have at most eight digits (05/19 - 04/20); ten in pairs are a French number."""
AMOUNTS = re.compile(r"\d{1,3}(?:[.\s]\d{3})+(?:\s?[-–]\s?\d{1,3}(?:[.\s]\d{3})+)?")
REGIONS = ("US", "GB")
"""Whose national form is understood; numbers of every other country are found by their `+`."""


def phone_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each phone number, from left to right, none overlapping."""
    if not DIGITS.search(text) or len(DIGITS.findall(text)) < LEAST_DIGITS:
        return
    for start, end in number_spans(text):
        extension = EXTENSION.match(text, end)
        yield start, extension.end() if extension else end


def number_spans(text: str) -> Iterator[tuple[int, int]]:
    """The numbers themselves, without an extension behind them."""
    for found in RUN.finditer(text):
        if is_no_phone(found):
            continue
        if stands_alone(found) and looks_like_phone(found[0]):
            yield found.span()
        else:
            yield from valid_numbers(text, *found.span())


def is_no_phone(found: re.Match[str]) -> bool:
    """Money, dates, amounts with group marks, and the ids of facts, which are twelve hexadecimal digits."""
    text, run = found.string, found[0]
    if run.startswith(("+", "00")):
        return False
    if MONEY_BEFORE.search(text, 0, found.start()) or AMOUNTS.fullmatch(run):
        return True
    before = text[max(0, found.start() - 24) : found.start()]
    if run.isdigit() and len(run) <= FACT_ID_DIGITS and FACT_ID_BEFORE.search(before):
        rest = re.match(r"[0-9a-f]*", text[found.start() :])
        return rest is not None and len(rest[0]) == FACT_ID_DIGITS
    groups = re.findall(r"\d+", run)
    if not any(map(YEARS.fullmatch, groups)) and sum(map(len, groups)) >= LEAST_DIGITS_WITHOUT_YEAR:
        return False
    return all(YEARS.fullmatch(group) or len(group) <= 2 for group in groups)


def stands_alone(found: re.Match[str]) -> bool:
    """Whether the run is not part of a longer word, a path or a decimal number."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return not (before.isalnum() or before in NOT_BEFORE or after.isalnum() or after == "_")


def looks_like_phone(run: str) -> bool:
    """Whether a run of digits has the shape of a phone number rather than of a count or a range."""
    digits = re.sub(r"\D", "", run)
    if run.startswith(("+", "00")):
        return len(digits) >= 7
    groups = re.findall(r"\d+", run)
    if len(groups) == 1:
        return len(digits) >= 9
    if len(groups) == 2 and re.fullmatch(r"\d{4,7}\s?[-–]\s?\d{4,7}", run):
        return len(digits) not in (8, 10, 12, 14) or not is_range(groups)
    return len(digits) >= 7


def is_range(groups: list[str]) -> bool:
    """Two amounts of which the second is the larger: a range, not a phone number."""
    return len(groups[0]) <= len(groups[1]) and int(groups[0]) < int(groups[1])


def valid_numbers(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Numbers that the library takes for valid inside text[start:end]; it sees one character on either side too."""
    first = max(0, start - 1)
    window = text[first : end + 1]
    for region in REGIONS:
        spans = [
            (first + match.start, first + match.end) for match in PhoneNumberMatcher(window, region, Leniency.VALID)
        ]
        if spans:
            yield from spans
            return
