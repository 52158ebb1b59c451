"""Signed links hold only as they were made."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.outcomes.rules.links import LinkError, SignedLink, read_link, sign_link

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINK = SignedLink(UUID("01890000-0000-7000-8000-000000000001"), "answer:interview", NOW + timedelta(days=30))
SECRET = "s" * 32


@given(st.uuids(), st.text(min_size=1, max_size=40), st.integers(1, 10**6))
def test_what_was_signed_is_read(subject_id: UUID, purpose: str, seconds: int) -> None:
    try:
        purpose.encode()
    except UnicodeEncodeError:
        return
    link = SignedLink(subject_id, purpose, NOW + timedelta(seconds=seconds))
    assert read_link(SECRET, sign_link(SECRET, link), NOW) == link


@given(st.integers(0, 10**6), st.sampled_from("ABCabc019-_"))
def test_no_character_can_be_changed(position: int, character: str) -> None:
    token = sign_link(SECRET, LINK)
    index = position % len(token)
    altered = token[:index] + character + token[index + 1 :]
    if altered == token:
        return
    with pytest.raises(LinkError):
        read_link(SECRET, altered, NOW)


@given(st.text(max_size=300))
def test_any_text_is_refused_politely(text: str) -> None:
    with pytest.raises(LinkError):
        read_link(SECRET, text, NOW)


def test_time_and_secret_matter() -> None:
    token = sign_link(SECRET, LINK)
    with pytest.raises(LinkError, match="expired"):
        read_link(SECRET, token, LINK.expires_at)
    with pytest.raises(LinkError, match="not valid"):
        read_link("t" * 32, token, NOW)
