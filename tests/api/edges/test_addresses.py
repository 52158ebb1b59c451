"""The caller's address: from the right of the forwarded header, and what counts as one caller."""

import pytest

from api.edges.addresses import UNKNOWN, address_of, network_of


@pytest.mark.parametrize(
    ("lines", "hops", "address"),
    [
        ([], 0, "10.0.0.1"),
        ([], 1, "10.0.0.1"),
        (["203.0.113.9"], 0, "10.0.0.1"),
        (["6.6.6.6, 203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6", "203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9, 198.51.100.2"], 2, "203.0.113.9"),
        (["203.0.113.9"], 2, "10.0.0.1"),
        ([", ,"], 1, "10.0.0.1"),
        (["\xff\xfe"], 1, "\xff\xfe"),
    ],
)
def test_the_address_is_read_from_the_right(lines: list[str], hops: int, address: str) -> None:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    assert address_of({"headers": headers, "client": ("10.0.0.1", 4711)}, hops) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:ffff::9]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", UNKNOWN),
        ("nonsense", UNKNOWN),
        ("203.0.113.999", UNKNOWN),
        ("\xff\xfe", UNKNOWN),
    ],
)
def test_one_network_is_one_caller(address: str, network: str) -> None:
    assert network_of(address) == network
