"""The pay an ad names, as two exact amounts with currency and period, or the reason why there is none.

Outcomes are compared with what was advertised, so a wrong figure is worse than none: an amount counts only with a
currency, a plausible size and a sign that it is pay. Hours and days per year are documented in `pay.yaml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from api.generation.rules.data_files import read_yaml

Period = Literal["year", "month", "week", "day", "hour"]
_MOST_AMOUNTS = 400
_DIGIT = re.compile(r"\d")
_LINE_OR_SENTENCE = re.compile(r"\n|[!?;](?=\s|$)|(?<=\w{3})\.(?=\s|$)|[•|]")
# "52.000,-": no cents. Taken out, or the dash reads as a range.
_NO_CENTS = re.compile(r"(?<=\d)[,.]\s?[-–—]{1,2}(?!\s?\d)")
_THOUSAND_EUROS = re.compile(r"\bT ?EUR\b|(?<=\d)TEUR\b")
PERIODS: tuple[Period, ...] = ("hour", "day", "week", "month", "year")


class PayRange(BaseModel):
    """From `minimum` to `maximum` in `currency` (ISO 4217) for each `period`; equal when the ad names one amount."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    minimum: Decimal
    maximum: Decimal
    currency: str
    period: Period


@dataclass(frozen=True, slots=True)
class PayFinding:
    """The pay found, or None with the reason in words for a person."""

    pay: PayRange | None
    reason: str


def yearly_amount(amount: Decimal, period: Period) -> Decimal:
    """The amount per year: 2,080 hours, 260 days, 52 weeks or 12 months (`pay.yaml`)."""
    return amount * int(read_yaml("pay.yaml")["per_year"][period])


def find_pay(text: str, *, region: str = "unknown") -> PayFinding:
    """The pay range of an ad. `region` and the places the ad names decide what a bare "$", "¥" or "kr" means."""
    rules = read_yaml("pay.yaml")
    text = _THOUSAND_EUROS.sub("T€", _NO_CENTS.sub("", text))
    found: list[tuple[float, int, PayRange]] = []
    amounts = _money().finditer(text) if _DIGIT.search(text) else iter(())
    for match in islice(amounts, _MOST_AMOUNTS):
        read = _read(match, text, region, rules)
        if read is not None:
            found.append((-read[0], match.start(), read[1]))
    if found:
        return PayFinding(min(found, key=lambda entry: entry[:2])[2], "")
    if re.search(rules["unquantified"], text, re.IGNORECASE):
        return PayFinding(None, "the ad speaks of pay without a figure")
    return PayFinding(None, "the ad names no pay that can be read with certainty")


@cache
def _money() -> re.Pattern[str]:
    rules = read_yaml("pay.yaml")
    signs = sorted([*rules["signs"], *rules["codes"]], key=len, reverse=True)
    currency = "|".join(
        rf"(?<![A-Za-z]){sign}(?![^\W\d_])\.?" if sign.isascii() and sign.isalpha() else re.escape(sign)
        for sign in signs
    )
    # "AUD $110k": a code and a sign together. "R45 000": a lone R only when figures follow at once.
    currency = rf"(?:{currency})(?:\s?(?:{currency}))?|(?-i:(?<![A-Za-z])R(?=\d))"
    multiplier = "|".join(sorted(map(re.escape, rules["multipliers"]), key=len, reverse=True))
    number = (
        r"\d{1,2}(?:,\d{2}){1,4},\d{3}(?!\d)"  # 12,00,000
        r"|\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3}(?!\d))+(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?"
    )
    period = (
        r"(?:\s?(?:per|an|a|pro|par|al|por|/)\s?"
        r"(?:hour|hr|h|day|year|yr|annum|month|mo|week|wk|jahr|monat|an|mois|año|mes)\b)"
    )

    def amount(side: str) -> str:
        return (
            rf"(?P<sign{side}>{currency})?\s{{0,2}}(?P<number{side}>{number})"
            rf"(?:\s?(?P<times{side}>{multiplier}|(?-i:T)(?=€))\.?(?![A-Za-z]))?(?:\s{{0,2}}(?P<code{side}>{currency}))?"
        )

    words = "to|through|and|up to|bis zu|bis|und|à|et|al?|y|e|até|tot|en|do|до|hasta|till|til"
    joint = rf"\s{{0,2}}(?:[-–—−~〜～/]|{words})\s{{0,2}}"
    after = r"(?=(?:p[hdwam]|pcm)\b|(?![\dA-Za-z]|[.,]\d))"
    return re.compile(rf"(?<![A-Za-z0-9.,]){amount('1')}(?:{period}?{joint}{amount('2')})?{after}", re.IGNORECASE)


def _read(match: re.Match[str], text: str, region: str, rules: Any) -> tuple[float, PayRange] | None:
    low_end, high_end = max(0, match.start() - 60), match.end() + 40
    before = re.split(_LINE_OR_SENTENCE, text[low_end : match.start()])[-1]
    after = re.split(_LINE_OR_SENTENCE, text[match.end() : high_end])[0]
    # "$85,000" in its own line may have its label above ("Salary").
    above = text[low_end : match.start()] if not before.strip() else before
    currency = _currency(match, text, region, above, after, rules)
    amounts = _amounts(match, currency, rules)
    if currency is None or amounts is None:
        return None
    low, high, is_range = amounts
    period = _period(match, above, after, low, currency, rules)
    says_pay = any(re.search(rules["pay_words"], near, re.IGNORECASE) for near in (above, after[:30]))
    names_period = _names_period(after, rules)
    stands_as_pay = says_pay or names_period or is_range or _stands_alone(before, after, rules)
    if re.search(rules["two_periods"], f"{before[-30:]} {after[:24]}", re.IGNORECASE):
        return None
    if _is_other_money(before, after, rules) and not (says_pay and is_range):
        return None
    if period is None or low > high or low <= 0 or not stands_as_pay:
        return None
    yearly_low, yearly_high = yearly_amount(low, period), yearly_amount(high, period)
    plausible = rules["plausible_year"]
    floor, ceiling = plausible.get(currency, plausible["default"])
    if yearly_low < floor or yearly_high > ceiling or high > low * 6:
        return None
    pay = PayRange(minimum=low, maximum=high, currency=currency, period=period)
    return 2.0 * says_pay + 1.5 * is_range + 1.0 * names_period, pay


def _amounts(match: re.Match[str], currency: str | None, rules: Any) -> tuple[Decimal, Decimal, bool] | None:
    """Both ends, and whether there were two. A multiplier or a group of thousands at one end speaks for both."""
    times = [match["times1"], match["times2"]]
    if any((word or "").lower() in rules["millions"] for word in times) and currency not in rules["counts_in_millions"]:
        return None
    first = _amount(match["number1"], times[0], rules)
    second = _amount(match["number2"], times[1], rules) if match["number2"] else None
    if first is None or (match["number2"] and second is None):
        return None
    if second is None:
        return first, first, False
    low, high = first, second
    if times[1] and not times[0] and low * 20 <= high:  # $120-150k
        low *= _times(times[1], rules)
    if times[0] and not times[1] and high * 20 <= low:
        high *= _times(times[0], rules)
    if not any(times) and low < 1000 <= high and low * 1000 <= high:  # $85-105,000
        low *= 1000
    return low, high, True


def _is_other_money(before: str, after: str, rules: Any) -> bool:
    """Whether the amount is a bonus, a budget, a turnover: what is added to pay ("+ bonus") is not what it is."""
    if re.search(rules["other_money"], f"{before[-30:]} {after[:24]}", re.IGNORECASE):
        return True
    extra = rules["extra_money"]
    directly_before = re.search(
        rf"(?:{extra})[^\w+]{{1,3}}(?:(?:of|up to|is|bis|von|de)\W{{1,2}}){{0,2}}$", before, re.IGNORECASE
    )
    return bool(directly_before or re.match(rf"[^\w+,;(|]{{0,3}}(?:\w+[ -]){{0,2}}(?:{extra})", after, re.IGNORECASE))


def _stands_alone(before: str, after: str, rules: Any) -> bool:
    """Whether a lone amount reads as pay without the word: alone in its line, "up to £65k", "£40k + benefits"."""
    bare = f"{before}{after}".strip(" \t\u00a0.,;:|*()[]-–—•💰💵💶💷💸")
    if not bare or re.search(rules["pay_before"], before, re.IGNORECASE):
        return True
    return re.match(rules["pay_after"], after, re.IGNORECASE) is not None


def _currency(match: re.Match[str], text: str, region: str, before: str, after: str, rules: Any) -> str | None:
    written = [match[name] for name in ("code2", "code1", "sign1", "sign2") if match[name]]
    parts = [part.strip(" .\u00a0") for name in written for part in _currency_parts(name)]
    near = f"{before} {match.group()} {after[:10]}"
    if not parts:
        return next((code for code, words in rules["implied"].items() if re.search(words, near, re.IGNORECASE)), None)
    by_code = [part.upper() for part in parts if part.upper() in rules["codes"]]
    if by_code:
        return by_code[0]
    signs = {sign.lower().strip("."): (sign, code) for sign, code in rules["signs"].items()}
    sign, code = signs[parts[-1].lower()]
    named = rules["by_place"].get(sign, {})
    places = [currency for currency, words in named.items() if re.search(words, text[:6000], re.IGNORECASE)]
    if places:
        return str(places[0])
    if sign == "kr" or (sign == "$" and (region == "latam" or re.search(rules["not_dollars"], near, re.IGNORECASE))):
        return None
    return str(rules["by_region"].get(sign, {}).get(region, code))


@cache
def _one_currency() -> re.Pattern[str]:
    rules = read_yaml("pay.yaml")
    signs = sorted([*rules["signs"], *rules["codes"]], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, signs)), re.IGNORECASE)


def _currency_parts(written: str) -> list[str]:
    return _one_currency().findall(written)


def _times(word: str | None, rules: Any) -> int:
    if not word:
        return 1
    if word == "T":  # "45–55 T€"
        return 1000
    table = {key.lower(): value for key, value in rules["multipliers"].items()}
    return int(table[word.lower()])


def _amount(number: str, times: str | None, rules: Any) -> Decimal | None:
    """`35.000` is thirty-five thousand, `25.50` is twenty-five and a half: three digits after a mark are a group."""
    plain = re.sub(r"[ '’\u00a0\u202f]", "", number)
    groups = re.split(r"[.,]", plain)
    if len(groups) > 1 and len(groups[-1]) == 3:  # also 12,00,000
        plain = "".join(groups)
    elif len(groups) > 1:
        plain = "".join(groups[:-1]) + "." + groups[-1]
    if len(plain) > 14:
        return None
    return (Decimal(plain) * _times(times, rules)).normalize().quantize(Decimal("0.01"))


def _names_period(after: str, rules: Any) -> bool:
    return any(re.match(rf".{{0,18}}?(?:{rules['periods'][period]})", after, re.IGNORECASE) for period in PERIODS)


def _period(match: re.Match[str], before: str, after: str, low: Decimal, currency: str, rules: Any) -> Period | None:
    for text in (match.group(), after[:30], before[-40:]):
        hits = []
        for period in PERIODS:
            hit = re.search(rules["periods"][period], text, re.IGNORECASE)
            if hit:
                hits.append((hit.start(), period))
        if hits:
            return min(hits)[1]
    lowest, highest = rules["usual_month"].get(currency, (0, 0))
    if lowest <= low <= highest:
        return "month"
    plausible = rules["plausible_year"]
    floor = plausible.get(currency, plausible["default"])[0]
    return "year" if low >= floor * 2 else None
