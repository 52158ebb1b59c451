from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.generation.rules.quantities import find_quantities, fold_digits


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("50 users", "50", ""),
        ("50k users", "50000", ""),
        ("50,000 users", "50000", ""),
        ("1.000 Nutzer", "1000", ""),
        ("10M+ users", "10000000", ""),
        ("$1.2 million", "1200000", "dollar"),
        ("25%", "25", "percent"),
        ("25 percent", "25", "percent"),
        ("six engineers", "6", ""),
        ("2 hours", "2", "hour"),
        ("2 hrs", "2", "hour"),
        ("99.9% uptime", "99.9", "percent"),
        ("١٢ مشروع", "12", ""),
        ("１５人", "15", ""),
        ("५० लोग", "50", ""),
        ("3x faster", "3", "times"),
        ("20-person team", "20", ""),
        ("€35.000", "35000", "euro"),
    ],
)
def test_reads_value_and_unit(text: str, value: str, unit: str) -> None:
    quantity = find_quantities(text)[0]
    assert (quantity.value, quantity.unit) == (Decimal(value), unit)


@pytest.mark.parametrize("text", ["S3", "K8s", "log4j", "MP4", "no number", "Web3", ""])
def test_digits_in_names_are_no_quantities(text: str) -> None:
    assert find_quantities(text) == []


@given(st.text(max_size=200))
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold_digits(text)) == len(text)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(quantity.value >= 0 for quantity in find_quantities(text))
