"""Whose address a request came from, behind a known number of proxies."""

from __future__ import annotations


def client_address(forwarded_for: str, peer: str, hops: int) -> str:
    """The address that the outermost of `hops` trusted proxies saw.

    Each proxy appends the address it was called from to `X-Forwarded-For`, so the list is trusted from the right only:
    everything further left is what a client wrote. With 0 hops, or a list that is too short, it is the peer itself.

    >>> client_address("6.6.6.6, 203.0.113.9", "10.0.0.1", 1)
    '203.0.113.9'
    """
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    return entries[-hops] if 0 < hops <= len(entries) else peer
