from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.generation.rules.data_files import read_yaml
from api.generation.rules.pay import PERIODS, find_pay, yearly_amount

FOUND = [
    ("$120-150k", "unknown", "120000", "150000", "USD", "year"),
    ("$123,684—$254,644 USD", "unknown", "123684", "254644", "USD", "year"),
    ("€35.000 - €45.000", "unknown", "35000", "45000", "EUR", "year"),
    ("$25.50/hr", "unknown", "25.50", "25.50", "USD", "hour"),
    ("£450 per day", "unknown", "450", "450", "GBP", "day"),
    ("Gehalt: 80.000 – 95.000 € brutto pro Jahr", "eu_de", "80000", "95000", "EUR", "year"),
    ("CHF 110'000–130'000", "ch", "110000", "130000", "CHF", "year"),
    ("45 000 € - 52 000 € brut annuel", "eu_fr", "45000", "52000", "EUR", "year"),
    ("年収600万円〜900万円", "jp", "6000000", "9000000", "JPY", "year"),
    ("月給30万円", "jp", "300000", "300000", "JPY", "month"),
    ("12-18 LPA", "in", "1200000", "1800000", "INR", "year"),
    ("R$ 8.000 por mês", "latam", "8000", "8000", "BRL", "month"),
    ("USD 100,000 to 120,000 per year", "unknown", "100000", "120000", "USD", "year"),
    ("salary $90,000 to $110,000", "ca", "90000", "110000", "CAD", "year"),
    ("salary up to £65,000", "uk", "65000", "65000", "GBP", "year"),
    ("IDR 180,000,000 per year", "sea", "180000000", "180000000", "IDR", "year"),
    ("15 € pro Stunde", "eu_de", "15", "15", "EUR", "hour"),
    ("We raised $20M. Pay: $60,000 - $70,000 a year.", "us", "60000", "70000", "USD", "year"),
]


@pytest.mark.parametrize(("text", "region", "low", "high", "currency", "period"), FOUND)
def test_pay_is_read(text: str, region: str, low: str, high: str, currency: str, period: str) -> None:
    pay = find_pay(text, region=region).pay
    assert pay is not None
    assert (pay.minimum, pay.maximum, pay.currency, pay.period) == (Decimal(low), Decimal(high), currency, period)


@pytest.mark.parametrize(
    "text",
    [
        "competitive",
        "9ok",
        "salary 9ok",
        "401(k) match",
        "a $5 million budget",
        "raised $20M in a series A",
        "120-150 people",
        "$150,000 - $90,000",
        "call 555-0100",
        "since 2015 - 2019",
        "$500 sign-on bonus",
        "we manage $2bn in assets",
        "",
        "1.5-2x",
    ],
)
def test_what_is_no_pay_is_said_to_be_none(text: str) -> None:
    finding = find_pay(text)
    assert finding.pay is None
    assert finding.reason


def test_competitive_is_told_apart_from_silence() -> None:
    assert find_pay("a competitive salary").reason != find_pay("a nice job").reason
    assert find_pay("competitive analysis of the market").reason == find_pay("a nice job").reason


def test_yearly_figures_follow_the_documented_table() -> None:
    assert yearly_amount(Decimal("25.50"), "hour") == Decimal("53040.00")
    assert yearly_amount(Decimal(450), "day") == Decimal(117_000)
    assert set(read_yaml("pay.yaml")["per_year"]) == set(PERIODS)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="0123456789.,'kK$€£- –to/hryearMPA\n ", max_size=120))
def test_any_text_gives_a_sane_range_or_none(text: str) -> None:
    pay = find_pay(text).pay
    if pay is not None:
        assert 0 < pay.minimum <= pay.maximum
        assert len(pay.currency) == 3
