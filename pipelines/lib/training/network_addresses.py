"""Addresses of machines on the internet, version 6: of somebody's home as good as a house number.

Those of version 4 have the shape of a phone number and go as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

GROUPS = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
LEAST_COLONS = 2
LEAST_DIGITS = 5
"""Shorter ones are `::1` and its like, which are everybody's, or no address at all (`a::b`)."""


def address_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each address."""
    if text.count(":") < LEAST_COLONS:
        return
    for found in GROUPS.finditer(text):
        if len(found[0].replace(":", "")) >= LEAST_DIGITS and is_address(found[0]):
            yield found.span()


def is_address(written: str) -> bool:
    """Whether it is an address of version 6: eight groups, or fewer with one `::`."""
    try:
        IPv6Address(written)
    except AddressValueError:
        return False
    return any(mark.isdigit() for mark in written)
