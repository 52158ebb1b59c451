from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from api.generation.rules.cost import generation_cost, price_list, price_of
from api.generation.rules.data_files import read_yaml
from api.generation.vertex.models import read_base_models


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gemini-2.5-flash", True),
        ("gemini-2.5-flash-001", True),
        ("publishers/google/models/gemini-2.5-flash", True),
        ("gemini-2.5-flash-lite", True),
        ("gemini-9-ultra", False),
        ("gpt", False),
        ("", False),
        ("gemini-2.5-flashy", False),
    ],
)
def test_only_known_models_have_a_price(model: str, known: bool) -> None:
    assert (price_of(model) is not None) is known


def test_cost_is_tokens_times_price() -> None:
    price = price_of("gemini-2.5-flash")
    assert price is not None
    expected = (price.input_per_million * 2000 + price.output_per_million * 500) / 1_000_000
    assert generation_cost("gemini-2.5-flash", 2000, 500) == expected.quantize(Decimal("0.000001"))
    assert price_of("gemini-2.5-flash-lite") != price


@pytest.mark.parametrize(
    ("model", "tokens_in", "tokens_out"), [(None, 1, 1), ("gemini-2.5-flash", None, 1), ("x", 1, 1)]
)
def test_unknown_stays_unknown(model: str | None, tokens_in: int | None, tokens_out: int | None) -> None:
    assert generation_cost(model, tokens_in, tokens_out) is None


def test_no_price_before_its_day() -> None:
    assert price_of("gemini-2.5-flash", date(2020, 1, 1)) is None


def test_price_file_is_well_formed() -> None:
    for model, prices in price_list().items():
        assert model.startswith("gemini-")
        assert list(prices) == sorted(prices, key=lambda price: price.since)
        assert all(0 < price.input_per_million < price.output_per_million for price in prices)


def test_every_model_that_can_be_served_has_a_price_with_its_source() -> None:
    document = read_yaml("prices.yaml")
    assert set(document["models"]) == set(read_base_models())
    for rows in document["models"].values():
        for row in rows:
            assert row["source"].startswith("https://")
            assert row["from"] <= document["read_on"]
