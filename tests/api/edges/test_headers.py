"""Headers of every answer: a request id within bounds, security, who may call from a browser, how long it took."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.support.databases import Database
from tests.support.running_service import Person, Service, running_service

ORIGIN = "https://app.example"
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture(scope="module")
def browser_service(database: Database) -> Iterator[Service]:
    with running_service(database, cors_allowed_origins=(ORIGIN,)) as running:
        yield running


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-1", True), ("A.b_c-9" * 9, True), ("a" * 65, False), ("<b>", False), ("a b", False), ("a\u00e9", False),
     ("", False)],
)  # fmt: skip
def test_a_request_id_is_kept_when_it_is_one(service: Service, sent: str, kept: bool) -> None:
    with service.client() as client:
        answer = client.get("/health", headers=httpx.Headers([(b"X-Request-Id", sent.encode("latin-1"))]))
    given = answer.headers["x-request-id"]
    assert (given == sent) is kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given)


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/api/me", "/r/absent", "/openapi.json"])
def test_every_answer_is_marked(service: Service, path: str) -> None:
    with service.client() as client:
        headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["cache-control"]
    assert re.fullmatch(r"app;dur=\d+\.\d", headers["server-timing"])
    assert "server" not in headers


def test_only_listed_origins_may_call(browser_service: Service, person: Person) -> None:
    with browser_service.client() as client:
        allowed = client.options("/api/profile", headers={"Origin": ORIGIN, **PREFLIGHT})
        assert allowed.headers["access-control-allow-origin"] == ORIGIN
        assert "PUT" in allowed.headers["access-control-allow-methods"]
        for other in ("https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.upper(), "http://app.example"):
            refused = client.options("/api/profile", headers={"Origin": other, **PREFLIGHT})
            assert refused.status_code == 400
            assert "access-control-allow-origin" not in refused.headers
        assert "access-control-allow-credentials" not in allowed.headers


def test_a_browser_can_read_refusals_too(browser_service: Service) -> None:
    with browser_service.client(headers={"Origin": ORIGIN}) as client:
        for answer in (
            client.get("/api/me"),
            client.post("/api/auth/login", content=b"{", headers={"Content-Type": "application/json"}),
            client.post("/api/auth/login", content=b"a" * 300_000, headers={"Content-Type": "application/json"}),
        ):
            assert answer.status_code >= 400
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert "x-request-id" in answer.headers["access-control-expose-headers"].lower()


def test_a_405_names_all_methods(service: Service, person: Person) -> None:
    for path, methods in {"/api/me": "DELETE, GET", "/api/profile": "GET, PUT", "/api/resume/generate": "POST"}.items():
        answer = person.client.request("PATCH", path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)
    assert person.get("/api/resume/generate").headers["allow"] == "POST"
