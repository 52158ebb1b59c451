"""The address is taken from the right: what a client writes itself never counts."""

import pytest

from api.sharing.rules.client_address import client_address


@pytest.mark.parametrize(
    ("forwarded_for", "hops", "expected"),
    [
        ("", 0, "peer"),
        ("203.0.113.9", 0, "peer"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6,203.0.113.9 , 10.0.0.7", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "peer"),
        (" , ,", 1, "peer"),
    ],
)
def test_client_address(forwarded_for: str, hops: int, expected: str) -> None:
    assert client_address(forwarded_for, "peer", hops) == expected
