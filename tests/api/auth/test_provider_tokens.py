"""Signing in with the identity provider, over HTTP, as in production: one person stays one account."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from api.auth.tokens import issue_token
from api.db.base import new_id
from tests.api.privacy.test_erasure import work
from tests.support.databases import Database
from tests.support.identity_provider import AUDIENCE, Provider, public_pem, running_provider
from tests.support.running_service import Service, running_service


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def production(database: Database, provider: Provider) -> Iterator[Service]:
    """The API with production's settings."""
    oidc = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE, "auth_token_secret": None}
    with running_service(database, environment="production", **oidc) as running:
        yield running


class Caller:
    """Calls the API with the provider's tokens."""

    def __init__(self, service: Service, provider: Provider) -> None:
        self.service, self.provider = service, provider
        self.client = service.client()

    def me(self, subject: str, email: str, *, minutes: float = 0, **changes: Any) -> httpx.Response:
        now = self.service.clock() + timedelta(minutes=minutes)
        return self.with_token(self.provider.token(subject, email, now, **changes))

    def with_token(self, token: str, path: str = "/api/me", method: str = "GET") -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def caller(production: Service, provider: Provider) -> Caller:
    return Caller(production, provider)


def account(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    return answer.json()["id"], answer.json()["email"]


def test_the_first_token_makes_an_account_and_the_next_finds_it(caller: Caller) -> None:
    first = account(caller.me("new-1", "Ada.New@example.com"))
    assert first == account(caller.me("new-1", "Ada.New@example.com", minutes=-1))
    assert caller.me("new-1", "Ada.New@example.com", minutes=-2).json()["displayName"] == "Ada Example"
    logged = caller.service.rows(
        "select actor, action from cvstomize.audit_log join cvstomize.users u using (audit_key) where u.id = %s",
        first[0],
    )
    assert logged == [("person", "account.registered")]


def test_one_account_when_the_person_signs_in_another_way(caller: Caller) -> None:
    first, _ = account(caller.me("by-password", "two.ways@example.com"))
    second, _ = account(caller.me("by-google", "TWO.ways@example.com"))
    assert first == second == account(caller.me("by-password", "two.ways@example.com"))[0]
    assert caller.service.rows("select count(*) from cvstomize.identities where user_id = %s", first) == [(2,)]


def test_one_account_when_the_address_changes_and_old_tokens_do_not_bring_it_back(caller: Caller) -> None:
    first, _ = account(caller.me("mover", "before@example.com", minutes=-10))
    assert account(caller.me("mover", "after@example.com", minutes=-5)) == (first, "after@example.com")
    assert account(caller.me("mover", "before@example.com", minutes=-10)) == (first, "after@example.com")
    # Whoever has the old address now is somebody else.
    assert account(caller.me("heir", "before@example.com"))[0] != first


def test_an_address_of_another_account_is_not_taken_over(caller: Caller) -> None:
    one, _ = account(caller.me("one", "one@example.com", minutes=-10))
    two, _ = account(caller.me("two", "two@example.com", minutes=-10))
    assert account(caller.me("one", "two@example.com")) == (one, "one@example.com")
    assert account(caller.me("two", "two@example.com"))[0] == two


def test_an_account_of_the_development_issuer_is_joined_and_loses_its_password(
    caller: Caller, service: Service
) -> None:
    someone = service.person("joined@example.com")
    assert account(caller.me("joins", "joined@example.com"))[0] == someone.user_id
    assert service.rows("select password_hash from cvstomize.users where id = %s", someone.user_id) == [(None,)]


def test_first_requests_at_once_make_one_account(caller: Caller) -> None:
    token = caller.provider.token("at-once", "at.once@example.com", caller.service.clock())
    other = caller.provider.token("at-once-too", "at.once@example.com", caller.service.clock())
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(caller.with_token, [token, other] * 12))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    assert caller.service.rows("select count(*) from cvstomize.users where email = 'at.once@example.com'") == [(1,)]


def test_bad_tokens_get_one_answer_and_an_unverified_address_another(caller: Caller) -> None:
    now = caller.service.clock()
    claims = caller.provider.claims("bad", "bad@example.com", now)
    key = caller.provider.keys["first"]
    pem = public_pem(key).decode()
    bad = [
        caller.provider.token("bad", "bad@example.com", now, aud=[AUDIENCE, "other"]),
        caller.provider.token("bad", "bad@example.com", now - timedelta(hours=2)),
        caller.provider.token("bad", "bad@example.com", now, iss="https://elsewhere.example"),
        jwt.encode(claims, key, "RS256"),
        jwt.encode(claims, key, "RS256", {"kid": "unknown"}),
        jwt.encode(claims, "", "none"),
        jwt.encode(claims, pem.replace("-", "+"), "HS256", {"kid": "first"}),
        issue_token("t" * 40, new_id(), now),
        "x" * 20_000,
        "WyI" * 2_000 + ".e30.x",
    ]
    answers = [caller.with_token(token) for token in bad]
    bodies = [{**answer.json(), "instance": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [401] * len(bad)
    assert all(body == bodies[0] for body in bodies)
    assert caller.service.rows("select count(*) from cvstomize.users where email = 'bad@example.com'") == [(0,)]
    unverified = caller.me("bad", "bad@example.com", email_verified=False)
    assert (unverified.status_code, unverified.json()["code"]) == (401, "mail_not_verified")


def test_the_development_issuer_is_off(caller: Caller) -> None:
    body = {"email": "local@example.com", "password": "correct horse battery"}
    for path in ("/api/auth/register", "/api/auth/login"):
        assert caller.client.post(path, json=body).status_code == 404


def test_a_thousand_unknown_ids_cost_two_fetches_and_a_good_token_passes(caller: Caller) -> None:
    account(caller.me("steady", "steady@example.com"))
    before = caller.provider.key_requests
    claims = caller.provider.claims("flood", "flood@example.com", caller.service.clock())
    key = caller.provider.keys["first"]
    tokens = [jwt.encode(claims, key, "RS256", {"kid": f"unknown-{number}"}) for number in range(1_000)]
    with ThreadPoolExecutor(8) as pool:
        flood = pool.map(lambda token: caller.with_token(token).status_code, tokens)
        account(caller.me("steady", "steady@example.com"))
        assert set(flood) == {401}
    account(caller.me("steady", "steady@example.com"))
    assert caller.provider.key_requests - before <= 2


def test_the_provider_down_for_an_hour_changes_nothing(caller: Caller) -> None:
    first = account(caller.me("patient", "patient@example.com"))
    caller.provider.status = 503
    try:
        with caller.service.clock.moved(hours=1):
            assert account(caller.me("patient", "patient@example.com")) == first
            assert account(caller.me("newcomer", "newcomer@example.com"))[1] == "newcomer@example.com"
    finally:
        caller.provider.status = 200


def test_no_token_from_before_the_erasure_makes_the_account_anew(caller: Caller) -> None:
    def token(minutes: float, signed_in: float) -> str:
        now = datetime.now(UTC)
        issued, signed_in_at = now + timedelta(minutes=minutes), now + timedelta(minutes=signed_in)
        changes = {"auth_time": int(signed_in_at.timestamp())}
        return caller.provider.token("leaver", "leaver@example.com", issued, **changes)

    first, _ = account(caller.with_token(token(0, -1)))
    assert caller.with_token(token(0, -1), method="DELETE").status_code == 202
    assert caller.with_token(token(0, -1)).status_code == 401
    work(caller.service)
    assert caller.service.rows("select count(*) from cvstomize.users where id = %s", first) == [(0,)]
    assert caller.with_token(token(0, -1)).status_code == 401
    with caller.service.clock.moved(minutes=30):
        # The provider renews tokens for as long as a session lives; signing in anew is another thing.
        assert caller.with_token(token(29, -1)).status_code == 401
        assert account(caller.with_token(token(29, 29)))[0] != first
