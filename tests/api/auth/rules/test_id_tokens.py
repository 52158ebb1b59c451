"""Every way in which an ID token can be wrong, against the one way in which it is right."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth.rules.id_tokens import (
    TokenError,
    UnverifiedMailError,
    VerifiedIdToken,
    key_id,
    looks_like_id_token,
    read_id_token,
)
from tests.support.identity_provider import AUDIENCE, Provider, new_key, public_pem

KEY, STRANGER = new_key(), new_key()
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
PROVIDER = Provider({"first": KEY, "stranger": STRANGER}, issuer="https://accounts.example")
DEEP = "[" * 5_000


def token(**changes: Any) -> str:
    return PROVIDER.token("person-1", "ada@example.com", NOW, **changes)


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def assembled(header: object, claims: object, key: bytes | None = None) -> str:
    """A token put together by hand, signed with HMAC or not at all."""
    signed = f"{part(header)}.{part(claims)}"
    if key is None:
        return f"{signed}."
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def read(text: str, issuer: str = PROVIDER.issuer) -> VerifiedIdToken:
    key_id(text)
    return read_id_token(text, KEY.public_key(), issuer=issuer, audience=AUDIENCE, now=NOW)


def test_a_good_token_is_read() -> None:
    claims = read(token())
    assert (claims.sub, claims.email, claims.name) == ("person-1", "ada@example.com", "Ada Example")
    assert claims.signed_in_at == MOMENT


CLAIMS = PROVIDER.claims("person-1", "ada@example.com", NOW)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(token(kid="stranger"), id="another key"),
        pytest.param(token()[:-6] + "AAAAAA", id="broken signature"),
        pytest.param(token().rsplit(".", 1)[0] + ".", id="no signature"),
        pytest.param(assembled({"alg": "none", "kid": "first"}, CLAIMS), id="none"),
        pytest.param(assembled({"alg": "NONE", "kid": "first"}, CLAIMS), id="NONE"),
        pytest.param(assembled({"alg": "HS256", "kid": "first"}, CLAIMS, public_pem(KEY)), id="HMAC under public key"),
        pytest.param(assembled({"alg": "RS256", "kid": "first"}, CLAIMS, public_pem(KEY)), id="HMAC that says RS256"),
        pytest.param(jwt.encode(CLAIMS, KEY, "RS512", {"kid": "first"}), id="RS512"),
        pytest.param(jwt.encode(CLAIMS, KEY, "PS256", {"kid": "first"}), id="PS256"),
        pytest.param(jwt.encode(CLAIMS, KEY, "RS256"), id="no kid"),
        pytest.param(jwt.encode(CLAIMS, KEY, "RS256", {"kid": ""}), id="empty kid"),
        pytest.param(jwt.encode(CLAIMS, KEY, "RS256", {"kid": "k" * 201}), id="long kid"),
        pytest.param(assembled({"alg": "RS256", "kid": 7}, CLAIMS), id="kid is a number"),
        pytest.param(jwt.encode(CLAIMS, KEY, "RS256", {"kid": "first", "typ": "at+jwt"}), id="access token"),
        pytest.param(jwt.encode(CLAIMS, KEY, "RS256", {"kid": "first", "crit": ["x"], "x": 1}), id="critical header"),
        pytest.param(token(iss="https://accounts.example/"), id="issuer with a slash"),
        pytest.param(token(iss="https://elsewhere.example"), id="another issuer"),
        pytest.param(token(iss=None), id="no issuer"),
        pytest.param(token(aud="elsewhere"), id="another audience"),
        pytest.param(token(aud=[AUDIENCE, "elsewhere"]), id="two audiences"),
        pytest.param(token(aud=["elsewhere"]), id="list of another"),
        pytest.param(token(aud=[]), id="no audience in list"),
        pytest.param(token(aud=None), id="no audience"),
        pytest.param(token(aud={AUDIENCE: 1}), id="audience is an object"),
        pytest.param(token(exp=MOMENT - 30), id="expired"),
        pytest.param(token(exp=None), id="no expiry"),
        pytest.param(token(exp="tomorrow"), id="expiry in words"),
        pytest.param(token(exp=True), id="expiry is a boolean"),
        pytest.param(token(exp=float("inf")), id="never expires"),
        pytest.param(token(exp=float("nan")), id="expiry is not a number"),
        pytest.param(token(exp=10**400), id="expiry past all numbers"),
        pytest.param(token(iat=MOMENT + 31), id="issued later"),
        pytest.param(token(iat=None), id="not said when issued"),
        pytest.param(token(iat=str(MOMENT)), id="issued, as text"),
        pytest.param(token(nbf=MOMENT + 31), id="not yet"),
        pytest.param(token(auth_time=MOMENT + 31), id="signed in later"),
        pytest.param(token(sub=None), id="no subject"),
        pytest.param(token(sub=""), id="empty subject"),
        pytest.param(token(sub=7), id="subject is a number"),
        pytest.param(token(sub="a\x00b"), id="NUL in subject"),
        pytest.param(token(sub="a\ud800b"), id="lone surrogate in subject"),
        pytest.param(token(sub="s" * 256), id="long subject"),
        pytest.param(token(email="no address"), id="no mail address"),
        pytest.param(token(email="a\x00@example.com"), id="NUL in the address"),
        pytest.param(token(email=["ada@example.com"]), id="list of addresses"),
        pytest.param(token(email_verified="true"), id="verified, as text"),
        pytest.param(token(email_verified=1), id="verified, as a number"),
        pytest.param(token(name="n" * 9_000), id="huge"),
        pytest.param(assembled(DEEP, CLAIMS), id="deep header"),
        pytest.param(assembled({"alg": "RS256", "kid": "first"}, DEEP), id="deep claims"),
        pytest.param(jwt.PyJWS().encode(DEEP.encode(), KEY, "RS256", {"kid": "first"}), id="deep claims, signed"),
        pytest.param(jwt.PyJWS().encode(b"[]", KEY, "RS256", {"kid": "first"}), id="claims are a list"),
        pytest.param("", id="nothing"),
        pytest.param("a.b.c", id="letters"),
        pytest.param("é.é.é", id="not ASCII"),
        pytest.param("." * 8_000, id="dots"),
    ],
)
def test_a_wrong_token_is_refused_in_one_way(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(TokenError) as raised:
        read(text)
    assert not isinstance(raised.value, UnverifiedMailError)
    assert str(raised.value) == ""
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("changes", [{"email_verified": False}, {"email_verified": None}, {"email": None}])
def test_an_unverified_address_is_a_reason_of_its_own(changes: dict[str, Any]) -> None:
    with pytest.raises(UnverifiedMailError):
        read(token(**changes))


@pytest.mark.parametrize("changes", [{"email_verified": False, "aud": "elsewhere"}, {"email": None, "exp": 1}])
def test_a_wrong_token_does_not_tell_whether_the_address_is_verified(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenError) as raised:
        read(token(**changes))
    assert not isinstance(raised.value, UnverifiedMailError)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": MOMENT - 29},
        {"iat": MOMENT + 30},
        {"nbf": MOMENT + 30},
        {"nbf": MOMENT - 1_000},
        {"auth_time": None},
        {"aud": [AUDIENCE]},
        {"name": None},
        {"name": 7},
        {"iat": MOMENT + 0.5},
    ],
)
def test_thirty_seconds_and_other_spellings_pass(changes: dict[str, Any]) -> None:
    assert read(token(**changes)).email == "ada@example.com"


def test_a_name_is_kept_printable_and_short() -> None:
    assert read(token(name=f"Ada\x00\ud800 {'n' * 300}")).name == f"Ada {'n' * 196}"


def test_without_its_key_no_token_is_good() -> None:
    with pytest.raises(TokenError):
        read_id_token(token(), None, issuer=PROVIDER.issuer, audience=AUDIENCE, now=NOW)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: part(raw.decode("latin-1")) + ".e30.x"))
def test_any_text_is_refused_and_nothing_else_happens(text: str) -> None:
    assert looks_like_id_token(text) in {True, False}
    with pytest.raises(TokenError):
        read(text)
