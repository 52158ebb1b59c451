"""Whose address a request came from, and which addresses belong together."""

from __future__ import annotations

import ipaddress

from starlette.types import Scope

from api.sharing.rules.client_address import client_address

IPV6_PREFIX = 64
"""One household or machine owns a whole /64, so that is what a limit counts (RFC 6177)."""
UNKNOWN = "unknown"


def address_of(scope: Scope, hops: int) -> str:
    """The address the outermost trusted proxy saw; every line of the forwarded header is read, the last one wins."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    peer = scope.get("client")
    return client_address(",".join(lines), peer[0] if peer else UNKNOWN, hops)


def network_of(address: str) -> str:
    """What a limit counts: an IPv4 address, an IPv6 network, or one bucket for everything that is no address.

    >>> network_of("2001:db8:1:2:3::4"), network_of("203.0.113.9:4711")
    ('2001:db8:1:2::/64', '203.0.113.9')
    """
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    if parsed.version == 4 or mapped is not None:
        return str(mapped or parsed)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
