"""Addresses are read as the framework's own type reads them, and the document says so."""

import pytest
from pydantic import EmailStr, TypeAdapter, ValidationError

from api.auth.rules.mail_address import MailAddress

OURS: TypeAdapter[str] = TypeAdapter(MailAddress)
THEIRS: TypeAdapter[str] = TypeAdapter(EmailStr)


@pytest.mark.parametrize(
    "text",
    ["ada@example.com", "Ada@EXAMPLE.com", " ada@example.com ", "ada+tag@example.com", "ada@bücher.example",
     "Ada <ada@example.com>", "", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "ada@example.com\n",
     "ada@[127.0.0.1]", "a" * 65 + "@example.com", "a" * 3000 + "@example.com", 5, None],
)  # fmt: skip
def test_an_address_is_read_as_the_usual_type_reads_it(text: object) -> None:
    assert read(OURS, text) == read(THEIRS, text)


def read(adapter: TypeAdapter[str], value: object) -> object:
    """What comes of a value: the address, or what is wrong with it."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        return error.errors(include_url=False)


def test_the_document_describes_it_the_same() -> None:
    assert OURS.json_schema() == THEIRS.json_schema()
