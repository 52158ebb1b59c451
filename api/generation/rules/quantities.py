"""Numbers with what they count, so that a changed figure is seen whatever its dress.

`50` is not `50k`, `20 staff` is not `45 staff`, `25%` is not `$25`; but `1,000`, `1000`, `1.000` and `١٠٠٠` are one
number, `six` is 6, and `2 hours` is `2 hrs`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

_WORDS = {
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "mio": 10**6,
    "million": 10**6, "millions": 10**6,
    "b": 10**9, "bn": 10**9, "billion": 10**9, "billions": 10**9,
    "hundred": 100, "dozen": 12, "万": 10**4, "億": 10**8, "亿": 10**8,
    "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_UNITS = {
    "%": "percent", "percent": "percent", "pct": "percent", "prozent": "percent", "％": "percent", "pp": "point",
    "hour": "hour", "hours": "hour", "hr": "hour", "hrs": "hour", "h": "hour",
    "minute": "minute", "minutes": "minute", "min": "minute", "mins": "minute",
    "second": "second", "seconds": "second", "sec": "second", "secs": "second", "s": "second",
    "ms": "millisecond", "milliseconds": "millisecond", "day": "day", "days": "day", "week": "week", "weeks": "week",
    "month": "month", "months": "month", "year": "year", "years": "year", "yr": "year", "yrs": "year",
    "jahre": "year", "jahren": "year", "ans": "year", "années": "year", "años": "year", "anos": "year", "jaar": "year",
    "anni": "year", "tage": "day", "jours": "day", "días": "day", "dias": "day", "dagen": "day", "monate": "month",
    "mois": "month", "meses": "month", "maanden": "month", "stunden": "hour", "heures": "hour", "horas": "hour",
    "uur": "hour", "minuten": "minute", "minutos": "minute", "wochen": "week", "semaines": "week", "semanas": "week",
    "weken": "week", "procent": "percent", "porcento": "percent", "prozentpunkte": "point", "points": "point",
    "dollars": "dollar", "dollar": "dollar", "usd": "dollar", "euros": "euro", "euro": "euro", "eur": "euro",
    "gbp": "pound", "yen": "yen", "rupees": "rupee",
    "x": "times", "times": "times", "×": "times",
    "gb": "gb", "tb": "tb", "mb": "mb", "pb": "pb", "km": "km", "kg": "kg",
}  # fmt: skip
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee"}
_FRACTIONS = {"½": "0.5", "¼": "0.25", "¾": "0.75"}
_NUMBER = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))+(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)*"
# Digits inside a name (S3, K8s, log4j, MP4, Web3) are part of the name, not a count.
_QUANTITY = re.compile(
    rf"(?<![A-Za-z0-9_])(?P<sign>[$€£¥₹])?\s?(?P<number>{_NUMBER}|\b(?:{'|'.join(_WORDS)})\b"
    # "a hundred", "half a million"
    r"|\b(?:half )?an?(?=[ -](?:hundred|thousand|million|billion|dozen)\b)|[½¼¾])(?:\s?\+)?"
    r"(?:[-\s]?(?P<scale>k|mm|mn|mio|m|bn|b|thousand|millions?|billions?|hundred|dozen|lakh|crore|万|億|亿)(?![A-Za-z]))?"
    r"\+?(?:(?:[-\s]{0,2})(?P<unit>%|％|×|[^\W\d_]+))?",
    re.IGNORECASE,
)


_MORE = re.compile(r"\b(?:over|more than|above|exceeding|in excess of|upwards of)\s{1,3}[$€£¥₹]?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with the kind of its unit ("" for a bare count), the noun after it, and how it was written.

    `more` tells "50+" and "over 50" from a plain 50.
    """

    value: Decimal
    unit: str
    noun: str
    written: str
    more: bool


def fold_digits(text: str) -> str:
    """Digits of every script as 0-9 (`١٢` is 12, `１２` is 12); all else as it stands, length kept."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if not char.isascii() and char.isdecimal() else char for char in text)


def find_quantities(text: str) -> list[Quantity]:
    """All quantities in reading order."""
    found = []
    folded = fold_digits(text)
    for match in _QUANTITY.finditer(folded):
        more = "+" in match.group() or _MORE.search(folded, max(0, match.start() - 20), match.start()) is not None
        value = _value(match["number"], match["scale"])
        word = (match["unit"] or "").lower()
        unit = _SIGNS.get(match["sign"] or "") or _UNITS.get(word, "")
        if word in ("to", "a", "of", "in", "and", "or", "the", "for", "by", "per"):
            word = ""
        found.append(Quantity(value, unit, "" if unit and not match["sign"] else word, match.group().strip(), more))
    return found


def _value(number: str, scale: str | None) -> Decimal:
    word = number.lower()
    plain = _WORDS.get(word)
    if word in _FRACTIONS:
        value = Decimal(_FRACTIONS[word])
    elif word.endswith(("a", "an")):
        value = Decimal("0.5" if word.startswith("half") else 1)
    else:
        value = Decimal(plain) if plain is not None else _numeral(number)
    return (value * _SCALES.get((scale or "").lower(), 1)).normalize()


@cache
def _numeral(number: str) -> Decimal:
    groups = re.split(r"[.,]", re.sub(r"['’\u00a0\u202f ]", "", number)[:30])
    if len(groups) == 1:
        return Decimal(groups[0])
    if all(len(group) == 3 for group in groups[1:]) and groups[0] != "0" and len(groups[0]) <= 3:
        return Decimal("".join(groups))
    return Decimal("".join(groups[:-1]) + "." + groups[-1])
