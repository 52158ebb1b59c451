"""The currencies in which somebody is paid (ISO 4217, without funds, metals and test codes)."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def known_currencies() -> frozenset[str]:
    """Codes of all national currencies in use, from `data/currencies.csv`."""
    text = (resources.files("api.outcomes") / "data" / "currencies.csv").read_text("utf-8")
    return frozenset(row["currency"] for row in csv.DictReader(text.splitlines()))
