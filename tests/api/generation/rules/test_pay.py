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
    ("Salary: $120k–$150k", "unknown", "120000", "150000", "USD", "year"),
    ("Pay range: $95,000.00 - $125,000.00 annually", "unknown", "95000", "125000", "USD", "year"),
    ("$25 - 30 per hour DOE", "unknown", "25", "30", "USD", "hour"),
    ("£30-35k", "unknown", "30000", "35000", "GBP", "year"),
    ("£30K", "unknown", "30000", "30000", "GBP", "year"),
    ("up to £65k", "unknown", "65000", "65000", "GBP", "year"),
    ("from €50.000", "unknown", "50000", "50000", "EUR", "year"),
    ("ab 45.000 € brutto/Jahr", "unknown", "45000", "45000", "EUR", "year"),
    ("45.000 bis 55.000 Euro", "unknown", "45000", "55000", "EUR", "year"),
    ("65 TEUR", "unknown", "65000", "65000", "EUR", "year"),
    ("52.000,- € brutto jährlich", "unknown", "52000", "52000", "EUR", "year"),
    ("3.500,– EUR brutto/Monat (14x)", "unknown", "3500", "3500", "EUR", "month"),
    ("Fr. 6'500.-- pro Monat", "ch", "6500", "6500", "CHF", "month"),
    ("$1.2M in funding; salary $100k", "unknown", "100000", "100000", "USD", "year"),
    ("45–55 T€", "unknown", "45000", "55000", "EUR", "year"),
    ("Rémunération : 38-45 K€ brut annuel", "unknown", "38000", "45000", "EUR", "year"),
    ("TJM 450-550 €", "unknown", "450", "550", "EUR", "day"),
    ("1.800 € brutos/mes", "unknown", "1800", "1800", "EUR", "month"),
    ("Salário: R$ 5.000 - R$ 7.500", "unknown", "5000", "7500", "BRL", "month"),
    ("tussen € 3.000 en € 4.200 bruto per maand", "unknown", "3000", "4200", "EUR", "month"),
    ("8 000 - 12 000 zł brutto miesięcznie", "unknown", "8000", "12000", "PLN", "month"),
    ("12-18 tys. zł brutto", "unknown", "12000", "18000", "PLN", "month"),
    ("¥8m–¥10m", "unknown", "8000000", "10000000", "JPY", "year"),
    ("¥8M - ¥10M per year", "unknown", "8000000", "10000000", "JPY", "year"),
    ("年収 600〜900万", "unknown", "6000000", "9000000", "JPY", "year"),
    ("薪资：25-40K·14薪", "unknown", "25000", "40000", "CNY", "month"),
    ("年薪30-50万", "unknown", "300000", "500000", "CNY", "year"),
    ("연봉 5,000만원 ~ 7,000만원", "unknown", "50000000", "70000000", "KRW", "year"),
    ("₹12–18 lakhs per annum", "unknown", "1200000", "1800000", "INR", "year"),
    ("₹12,00,000 - ₹18,00,000 per annum", "unknown", "1200000", "1800000", "INR", "year"),
    ("Rs. 50,000 per month", "unknown", "50000", "50000", "INR", "month"),
    ("AUD $110k - $130k + super", "unknown", "110000", "130000", "AUD", "year"),
    ("SEK 45 000 - 55 000 per månad", "unknown", "45000", "55000", "SEK", "month"),
    ("45 000–55 000 kr/mån", "unknown", "45000", "55000", "SEK", "month"),
    ("$161,000-$239,000 + bonus", "unknown", "161000", "239000", "USD", "year"),
    ("€14,50/uur", "unknown", "14.5", "14.5", "EUR", "hour"),
    ("$70K/yr - $90K/yr", "unknown", "70000", "90000", "USD", "year"),
    ("70k€", "unknown", "70000", "70000", "EUR", "year"),
    ("NZ$80,000", "unknown", "80000", "80000", "NZD", "year"),
    ("R45 000 per month", "unknown", "45000", "45000", "ZAR", "month"),
    ("RAL: 35-40K", "unknown", "35000", "40000", "EUR", "year"),
    ("150-200 € / Tag", "unknown", "150", "200", "EUR", "day"),
    ("15.000 TL", "unknown", "15000", "15000", "TRY", "month"),
    ("$1,000 sign on bonus! $22/hour", "unknown", "22", "22", "USD", "hour"),
    ("£250pd", "unknown", "250", "250", "GBP", "day"),
    ("£12.60ph", "unknown", "12.6", "12.6", "GBP", "hour"),
    ("$85-105,000", "unknown", "85000", "105000", "USD", "year"),
    ("USD $150,000 - USD $180,000", "unknown", "150000", "180000", "USD", "year"),
    ("$150,000/annum", "unknown", "150000", "150000", "USD", "year"),
    ("Salary:\xa0$120,000\xa0–\xa0$150,000", "unknown", "120000", "150000", "USD", "year"),
    ("💰 £50,000–£60,000", "unknown", "50000", "60000", "GBP", "year"),
    ("Kundeservice i Oslo, 450 000 kr per år", "eu_nordic", "450000", "450000", "NOK", "year"),
    ("Santiago de Chile. Sueldo: $1.200.000 líquidos", "latam", "1200000", "1200000", "CLP", "month"),
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
        "manage budgets of $500k",
        "save up to €50,000 per year for customers",
        "deals from $50k to $500k ACV",
        "quota of $800k-$1M",
        "tuition up to $5,250 per year",
        "$2,000/year learning budget",
        "Annual bonus $10,000-$15,000",
        "$2,500 biweekly",
        "Sueldo: $1.200.000 líquidos",
        "Salary: 60,000 - 70,000",
        "Revenue grew from $50,000 to $90,000 a year",
        "$1M-$2M",
        "R2 replication",
        "45 000 kr",
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
