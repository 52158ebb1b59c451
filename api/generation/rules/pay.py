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
    """The pay range of an ad. `region` decides what a bare "$" or "¥" means."""
    rules = read_yaml("pay.yaml")
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
        re.escape(sign) if not sign.isalpha() else rf"(?<![A-Za-z]){sign}(?![A-Za-z])" for sign in signs
    )
    multiplier = "|".join(sorted(map(re.escape, rules["multipliers"]), key=len, reverse=True))
    number = r"\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3}(?!\d))+(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?"
    after = r"(?![\dA-Za-z]|[.,]\d)"

    def amount(side: str) -> str:
        return (
            rf"(?P<sign{side}>{currency})?\s{{0,2}}(?P<number{side}>{number})"
            rf"(?:\s?(?P<times{side}>{multiplier})(?![A-Za-z]))?(?:\s{{0,2}}(?P<code{side}>{currency}))?"
        )

    joint = r"\s{0,2}(?:-|–|—|~|〜|～|to|and|bis|und|à|et|a|y|e|até|tot|/)\s{0,2}"
    period = r"(?:\s?(?:per|an|a|/)\s?(?:hour|hr|h|day|year|month))?"
    return re.compile(rf"(?<![A-Za-z0-9.,]){amount('1')}(?:{period}{joint}{amount('2')})?{after}", re.IGNORECASE)


def _read(match: re.Match[str], text: str, region: str, rules: Any) -> tuple[float, PayRange] | None:
    currency = _currency(match, region, rules)
    if currency is None:
        return None
    first = _amount(match["number1"], match["times1"], rules)
    second = _amount(match["number2"], match["times2"], rules) if match["number2"] else None
    if first is None or (match["number2"] and second is None):
        return None
    low, high = first, second if second is not None else first
    # "$120-150k": one multiplier speaks for both sides.
    if second is not None and match["times2"] and not match["times1"] and low * 20 <= high:
        low *= _times(match["times2"], rules)
    if second is not None and match["times1"] and not match["times2"] and high * 20 <= low:
        high *= _times(match["times1"], rules)
    before = text[max(0, match.start() - 60) : match.start()]
    after = text[match.end() : match.end() + 40]
    period = _period(match, before, after, low, currency, rules)
    is_range = second is not None
    says_pay = bool(re.search(rules["pay_words"], before, re.IGNORECASE)) or bool(
        re.search(rules["pay_words"], after[:30], re.IGNORECASE)
    )
    near = text[max(0, match.start() - 30) : match.start()] + " " + after[:24]
    if re.search(rules["other_money"], near, re.IGNORECASE) and not (says_pay and is_range):
        return None
    if period is None or low > high or low <= 0 or not (is_range or says_pay or _names_period(after, rules)):
        return None
    yearly_low, yearly_high = yearly_amount(low, period), yearly_amount(high, period)
    plausible = rules["plausible_year"]
    floor, ceiling = plausible.get(currency, plausible["default"])
    if yearly_low < floor or yearly_high > ceiling or high > low * 6:
        return None
    pay = PayRange(minimum=low, maximum=high, currency=currency, period=period)
    return 2.0 * says_pay + 1.5 * is_range + 1.0 * _names_period(after, rules), pay


def _currency(match: re.Match[str], region: str, rules: Any) -> str | None:
    written = [match[name] for name in ("code2", "code1", "sign1", "sign2") if match[name]]
    if not written:
        return "INR" if (match["times2"] or match["times1"] or "").lower() == "lpa" else None
    by_code = [sign.upper() for sign in written if sign.upper() in rules["codes"]]
    if by_code:
        return by_code[0]
    signs = {sign.lower(): (sign, code) for sign, code in rules["signs"].items()}
    sign, code = signs[written[-1].lower()]
    if sign == "kr":
        return {"eu_nordic": "SEK"}.get(region)
    return str(rules["by_region"].get(sign, {}).get(region, code))


def _times(word: str | None, rules: Any) -> int:
    if not word:
        return 1
    table = {key.lower(): value for key, value in rules["multipliers"].items()}
    return int(table[word.lower()])


def _amount(number: str, times: str | None, rules: Any) -> Decimal | None:
    """`35.000` is thirty-five thousand, `25.50` is twenty-five and a half: three digits after a mark are a group."""
    plain = re.sub(r"[ '’\u00a0\u202f]", "", number)
    groups = re.split(r"[.,]", plain)
    if len(groups) > 1 and len(groups[-1]) == 3:
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
    plausible = rules["plausible_year"]
    floor = plausible.get(currency, plausible["default"])[0]
    return "year" if low >= floor * 2 else None
