"""Every endpoint answers nonsense with problem+json and never with 500. The list of routes comes from the app."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from fastapi.routing import APIRoute

from api.routes import ROUTERS
from tests.support.running_service import Person, Service

ROUTES = sorted(
    {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
        if method in {"GET", "POST", "PUT", "DELETE"}
    }
)
BODIES = {
    "malformed JSON": b'{"a": ',
    "an array": b"[1, 2]",
    "a number": b"17",
    "an unknown field": b'{"noSuchField": 1}',
    "NUL": json.dumps({"jobDescription": "a\x00b", "text": "a\x00b", "basics": {"name": "a\x00"}}).encode(),
    "a lone surrogate": b'{"jobDescription": "\\ud800", "text": "\\ud800", "basics": {"name": "\\ud800"}}',
    "NaN": b'{"salaryOffered": NaN, "traits": {"openness": NaN}, "basics": {"name": "A", "x": NaN}}',
    "infinity": b'{"salaryOffered": Infinity, "basics": {"name": "A", "x": -Infinity}}',
    "deep nesting": b'{"basics": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    "not UTF-8": b'{"jobDescription": "\xff\xfe"}',
    "nothing": b"",
}
WRITING = [route for route in ROUTES if route[0] in {"POST", "PUT"}]
# These delete or end something; they are tried with foreign ids only.
NOT_FOR_THE_ACCOUNT = {("DELETE", "/api/me")}


def fill(path: str, value: str) -> str:
    return re.sub(r"\{[^}]+\}", value, path)


def assert_problem(answer: object, allowed: set[int], context: str) -> None:
    status = answer.status_code  # type: ignore[attr-defined]
    assert status in allowed, f"{context}: {status} {answer.text[:300]}"  # type: ignore[attr-defined]
    if status >= 400 and "html" not in answer.headers.get("content-type", ""):  # type: ignore[attr-defined]
        assert answer.headers["content-type"] == "application/problem+json", context  # type: ignore[attr-defined]
        body = answer.json()  # type: ignore[attr-defined]
        assert {"type", "title", "status", "detail", "instance"} <= set(body), context
        assert body["status"] == status


@pytest.fixture(scope="module")
def somebody(service: Service) -> Person:
    return service.person().with_profile()


@pytest.mark.parametrize("kind", BODIES)
def test_hostile_bodies(service: Service, somebody: Person, kind: str) -> None:
    for method, path in WRITING:
        url = fill(path, str(uuid.uuid4()))
        answer = somebody.client.request(
            method, url, content=BODIES[kind], headers={"Content-Type": "application/json"}
        )
        assert_problem(answer, {200, 201, 400, 401, 404, 409, 413, 415, 422}, f"{method} {path} with {kind}")


def test_oversized_bodies_are_413(somebody: Person) -> None:
    body = json.dumps({"jobDescription": "a" * 300_000}).encode()
    for method, path in WRITING:
        if path == "/api/profile/import":
            continue
        answer = somebody.client.request(
            method, fill(path, str(uuid.uuid4())), content=body, headers={"Content-Type": "application/json"}
        )
        assert_problem(answer, {413, 404}, f"{method} {path}")


def test_uploads_past_ten_megabytes_are_413(somebody: Person) -> None:
    answer = somebody.client.post("/api/profile/import", files={"file": ("a.txt", b"a" * 11_000_000, "text/plain")})
    assert_problem(answer, {413}, "upload")


@pytest.mark.parametrize(
    "identifier", ["0190f5a0-0000-7000-8000-000000000000", "not-a-uuid", "%00", "..%2f..", "0" * 300, "-1"]
)
def test_unknown_ids_are_404(somebody: Person, identifier: str) -> None:
    for method, path in ROUTES:
        if "{" not in path or not path.startswith("/api"):
            continue
        answer = somebody.client.request(method, fill(path, identifier), json={})
        assert_problem(answer, {401, 404, 405, 422}, f"{method} {path} {identifier}")
        if method in {"GET", "DELETE"}:
            assert answer.status_code == 404, f"{method} {path} {identifier}"


def test_without_a_token_everything_of_a_person_is_401(service: Service) -> None:
    open_paths = {"/health", "/health/ready", "/api/auth/register", "/api/auth/login"}
    for method, path in ROUTES:
        if path in open_paths or not path.startswith("/api") or "/erasure" in path or "/check-in" in path:
            continue
        for token in (None, "forged.token.here", "Bearer", "é" * 10):
            client = service.client()
            headers = {} if token is None else {b"Authorization": b"Bearer " + token.encode("latin-1", "replace")}
            answer = client.request(method, fill(path, str(uuid.uuid4())), json={}, headers=headers)
            assert_problem(answer, {401, 404}, f"{method} {path}")


def test_the_rejected_value_is_never_echoed(somebody: Person) -> None:
    canary = "canary-7f3a"
    for method, path in WRITING:
        body = {"email": canary, "password": canary, "framing": canary, canary: canary, "questionId": [canary]}
        answer = somebody.client.request(method, fill(path, str(uuid.uuid4())), json=body)
        if path != "/api/profile":
            assert canary not in answer.text.replace(f"/{canary}", ""), f"{method} {path}: {answer.text[:300]}"


@pytest.mark.parametrize("query", ["limit=-1", "limit=0", "limit=100000000000000000000", "limit=abc", "cursor=%00",
                                   "cursor=" + "A" * 150, "cursor=é"])  # fmt: skip
def test_bad_paging_is_422(somebody: Person, query: str) -> None:
    assert_problem(somebody.client.get(f"/api/resume?{query}"), {422}, query)


def test_unknown_paths_and_methods(service: Service) -> None:
    unknown = service.client().get("/nowhere")
    assert_problem(unknown, {404}, "unknown path")
    assert "/openapi.json" in unknown.json()["detail"]
    assert_problem(service.client().delete("/health"), {405}, "wrong method")


def test_every_answer_carries_a_request_id_and_security_headers(service: Service) -> None:
    answer = service.client().get("/health", headers={"X-Request-Id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert service.client().get("/health", headers={"X-Request-Id": "<b>"}).headers["x-request-id"] != "<b>"
