"""Which reads of a share page are views by a person, and how a visitor is known for an hour without being stored."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib import resources
from ipaddress import IPv6Address, ip_address, ip_network

import yaml

PREFETCH_HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")
PREFETCH_WORDS = ("prefetch", "prerender", "preview")
PAGE_DESTINATIONS = frozenset({"document", "iframe", "frame"})


@lru_cache(maxsize=1)
def automatic_readers() -> tuple[str, ...]:
    """Parts of user agents without a person behind them, from `data/automatic_readers.yaml`."""
    text = (resources.files("api.sharing") / "data" / "automatic_readers.yaml").read_text("utf-8")
    return tuple(str(part).lower() for part in yaml.safe_load(text)["parts"])


def is_view(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is a person looking at the page. `headers` has lower-case names.

    HEAD, prefetching, link previews, crawlers, scanners and clients without a name are not.
    """
    if method != "GET":
        return False
    agent = headers.get("user-agent", "").strip().lower()
    if not agent or any(part in agent for part in automatic_readers()):
        return False
    hints = " ".join(headers.get(name, "") for name in PREFETCH_HEADERS).lower()
    if any(word in hints for word in PREFETCH_WORDS):
        return False
    return headers.get("sec-fetch-dest", "document").lower() in PAGE_DESTINATIONS


def visitor_hash(secret: str, address: str, user_agent: str, now: datetime) -> str:
    """A pseudonym of a visitor that holds for one UTC day: HMAC-SHA256 under a key made for that day."""
    day_key = hmac.digest(secret.encode(), f"visitor key {now:%Y-%m-%d}".encode(), hashlib.sha256)
    return hmac.digest(day_key, f"{network_of(address)}\n{user_agent}".encode(), hashlib.sha256).hex()


def network_of(address: str) -> str:
    """The address that stands for a household: IPv6 privacy addresses change within their /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def start_of_hour(now: datetime) -> datetime:
    """The hour within which one visitor counts once."""
    return now.replace(minute=0, second=0, microsecond=0)
