"""What a run cost, from tokens and a dated price file.

An unknown model has no price: the answer is None, never a guess, and the run is recorded without cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from api.generation.rules.data_files import read_yaml

_MILLION = Decimal(1_000_000)
_GRAIN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens in and out, from `since` on."""

    since: date
    input_per_million: Decimal
    output_per_million: Decimal


@cache
def price_list() -> dict[str, tuple[Price, ...]]:
    """Prices by model name, oldest first."""
    models: dict[str, list[dict[str, Any]]] = read_yaml("prices.yaml")["models"]
    return {
        model: tuple(
            sorted(
                (Price(row["from"], Decimal(row["input"]), Decimal(row["output"])) for row in rows),
                key=lambda price: price.since,
            )
        )
        for model, rows in models.items()
    }


def price_of(model: str, on: date | None = None) -> Price | None:
    """The price of a model on a day (the newest without one). Version suffixes and paths are understood:
    `publishers/google/models/gemini-2.5-flash-001` is `gemini-2.5-flash`; the longest known name wins."""
    name = model.rsplit("/", 1)[-1].split("@", 1)[0]
    known = [
        known for known in price_list() if name == known or name.startswith(f"{known}-0") or name == f"{known}-latest"
    ]
    if not known:
        return None
    prices = [price for price in price_list()[max(known, key=len)] if on is None or price.since <= on]
    return prices[-1] if prices else None


def generation_cost(
    model: str | None, input_tokens: int | None, output_tokens: int | None, *, on: date | None = None
) -> Decimal | None:
    """Cost of one run in USD, to a millionth; None when the model or a count is not known."""
    price = price_of(model, on) if model else None
    if price is None or input_tokens is None or output_tokens is None:
        return None
    total = price.input_per_million * input_tokens + price.output_per_million * output_tokens
    return (total / _MILLION).quantize(_GRAIN)
