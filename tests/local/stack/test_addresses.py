"""One address per role, and never a password in an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.stack import StackError
from local.stack.addresses import ROLE_OF_SETTING, libpq_address, parsed, role_addresses, sqlalchemy_address, with_role

PASSWORDS = {role: f"p@ss/{role}" for role in ROLE_OF_SETTING.values()}


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h:5432/d", "postgresql+psycopg://u:p@h:5432/d"),
        ("postgresql+psycopg://u:p@h/d?sslmode=require", "postgresql+psycopg://u:p@h/d?sslmode=require"),
    ],
)
def test_driver_is_named_whatever_was_given(given_url: str, expected: str) -> None:
    assert sqlalchemy_address(given_url) == expected
    assert libpq_address(given_url) == expected.replace("+psycopg", "")


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()))
def test_any_password_survives_the_address(password: str) -> None:
    address = parsed(with_role("postgresql://admin@db.example:6543/cvstomize?sslmode=require", "someone", password))
    assert (address.password, address.host, address.port) == (password, "db.example", 6543)
    assert (address.username, address.database, address.query["sslmode"]) == ("someone", "cvstomize", "require")


def test_every_setting_has_its_own_role() -> None:
    addresses = role_addresses("postgresql://admin:secret@h/d", PASSWORDS)
    assert {setting: parsed(url).username for setting, url in addresses.items()} == ROLE_OF_SETTING
    assert not any("secret" in url for url in addresses.values())


@pytest.mark.parametrize(
    "url", ["mysql://u:s3cret@h/d", "s3cret", "postgresql://u:s3cret@h", "postgresql://u:s3cret@h:x/d"]
)
def test_a_wrong_address_is_not_repeated(url: str) -> None:
    with pytest.raises(StackError) as refusal:
        parsed(url)
    assert "s3cret" not in str(refusal.value)
    assert "example" in str(refusal.value)
