"""A word that is sent in every field, header, path and query of every route is in no log, trace, metric or refusal."""

import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.outcomes.check_ins import STOP
from api.outcomes.rules.links import SignedLink, sign_link
from tests.support.child_service import ChildService, child_service
from tests.support.databases import Database
from tests.support.otlp_collector import Collector, collector

pytestmark = pytest.mark.slow

CANARY = "cnry-7f3a9c"
DOCUMENT = json.loads((Path(__file__).parents[3] / "openapi.json").read_text("utf-8"))
HEADERS = {
    "User-Agent": CANARY,
    "Referer": f"https://{CANARY}.example/{CANARY}",
    "Origin": f"https://{CANARY}.example",
    "Cookie": f"cv_owner={CANARY}; cv_unlocked={CANARY}",
    "X-Forwarded-For": f"{CANARY}, {CANARY}",
    "X-Request-Id": f"<{CANARY}>",
    "Accept-Language": CANARY,
    "If-None-Match": f'"{CANARY}"',
    "Range": f"bytes={CANARY}",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "tracestate": f"vendor={CANARY}",
    "baggage": f"person={CANARY}",
}
EXPECTED_REQUESTS = 400
NOT_ANSWERED = {"getInsights"}
"""Operations that answer nothing here: no marts are built."""


@dataclass
class Walk:
    """Requests made so far, and refusals that repeated the canary."""

    client: httpx.Client
    token: str
    made: int = 0
    echoed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    """Operations that did what they were asked, with the canary in it: what succeeds is logged and traced as well."""

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**HEADERS, "Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        answer = self.client.request(method, path, headers=headers, **options)
        self.made += 1
        if answer.status_code >= 400 and CANARY in answer.text + str(answer.headers):
            self.echoed.append(f"{method} {path} {answer.status_code} {answer.text[:300]}")
        if answer.status_code >= 500 and answer.status_code != 503:
            self.failed.append(f"{method} {path} {answer.status_code}")
        return answer


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    with collector() as running:
        yield running


def sample(schema: dict[str, Any], depth: int = 0) -> Any:
    """A value of the schema that holds the canary wherever a string may be anything."""
    if "$ref" in schema:
        return sample(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], depth)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        if "properties" not in schema:
            return {"basics": {"name": CANARY, "summary": CANARY}, "work": [{"name": CANARY, "highlights": [CANARY]}]}
        return {name: sample(part, depth + 1) for name, part in schema["properties"].items()}
    if kind == "array":
        return [sample(schema.get("items", {}), depth + 1)]
    if kind in {"integer", "number"}:
        return schema.get("examples", [1])[0]
    if kind == "boolean":
        return True
    if schema.get("format") in {"uuid", "date-time", "email"} or "pattern" in schema:
        examples = {"uuid": "0190f5a0-0000-7000-8000-000000000000", "date-time": "2026-03-02T09:00:00Z"}
        return examples.get(schema.get("format", ""), f"{CANARY}@example.com" if "format" in schema else CANARY)
    return CANARY * (1 + schema.get("minLength", 0) // len(CANARY))


def bodies(schema: dict[str, Any]) -> Iterator[Any]:
    """A good body, and one for each way of putting the canary where it does not belong."""
    good = sample(schema)
    yield good
    yield CANARY
    yield [CANARY]
    yield {CANARY: CANARY}
    if isinstance(good, dict):
        yield {**good, CANARY: {CANARY: [CANARY]}}
        for name in good:
            yield {**good, name: CANARY}
            yield {name: [CANARY, {CANARY: CANARY}]}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """All but the end of the account; what deletes an object comes after everything that asks for it."""
    every = [
        (method.upper(), path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if operation["operationId"] != "deleteMe"
    ]
    deletions = [entry for entry in every if entry[0] == "DELETE"]
    return [entry for entry in every if entry[0] != "DELETE"] + deletions[::-1]


ACCOUNT = {"email": f"{CANARY}@example.com", "password": f"{CANARY} {CANARY}"}
LINK_PASSWORD = f"{CANARY}-pass"
ACCEPTED: dict[str, dict[str, Any]] = {
    "register": {"json": {**ACCOUNT, "email": f"second-{CANARY}@example.com", "displayName": CANARY}},
    "login": {"json": ACCOUNT},
    "startConversation": {"json": {"language": "en"}},
    "generateResume": {"json": {"jobDescription": f"Engineer at {CANARY}. Requirements: Python", "title": CANARY}},
    "answerQuestion": {"json": {"questionId": "story_openness", "text": f"{CANARY} happened to me"}},
    "putPersonality": {"json": {"traits": {"openness": 4.2}}},
    "reportOutcome": {
        "json": {"interviewReceived": True, "salaryOffered": 98765, "salaryCurrency": "USD", "outcomeNotes": CANARY}
    },
    "setConsents": {"json": {"consents": [{"purpose": "training", "granted": True}]}},
    "unlockSharedResume": {"data": {"password": LINK_PASSWORD}},
    "importProfile": {"files": {"file": (f"{CANARY}.txt", f"Ada {CANARY}\n{CANARY}@example.com\n", "text/plain")}},
    "downloadResume": {"params": {"format": "md"}},
}
"""What the service takes where a value of the schema alone is not enough."""


def objects_of(walk: Walk) -> dict[str, str]:
    """Real objects, full of the canary, so that requests get further than the check of the owner."""
    profile = {
        "basics": {"name": f"Ada {CANARY}", "email": f"{CANARY}@example.com", "summary": CANARY},
        "work": [{"name": CANARY, "position": CANARY, "highlights": [f"Cut {CANARY} by 20% with Python"]}],
    }
    assert walk.send("PUT", "/api/profile", json=profile).status_code == 200
    wish = {"jobDescription": f"Engineer at {CANARY}. Requirements: Python, {CANARY}", "title": CANARY}
    resume = walk.send("POST", "/api/resume/generate", json=wish, headers={"Idempotency-Key": CANARY}).json()["id"]
    share = walk.send("POST", f"/api/resume/{resume}/share", json={"password": LINK_PASSWORD}).json()
    files = {"file": (f"{CANARY}.txt", f"Ada {CANARY}\n{CANARY}@example.com\n\nSkills\nPython", "text/plain")}
    return {
        "resume_id": resume,
        "conversation_id": walk.send("POST", "/api/conversation", json={}).json()["id"],
        "import_id": walk.send("POST", "/api/profile/import", files=files).json()["id"],
        "token": urlsplit(share["url"]).path.rpartition("/")[2],
        "owner": share["ownerUrl"].rpartition("=")[2],
        "receipt": CANARY,
        "mart": "funnel",
    }


def walk_all_routes(walk: Walk) -> None:
    objects = objects_of(walk)
    user_id = uuid.UUID(walk.send("GET", "/api/me").json()["id"])
    stop = sign_link("k" * 40, SignedLink(user_id, STOP, datetime.now(UTC) + timedelta(days=1)))
    for method, path, operation in operations():
        values = objects | ({"token": stop} if path.startswith("/c/") else {})
        real, absent = path.format(**values), path.format(**dict.fromkeys(objects, CANARY))
        asked = accepted(operation)
        if operation["operationId"] == "downloadSharedResume":  # the hostile cookie is in the place of the proof
            asked = {"params": {"owner": objects["owner"]}}
        if walk.send(method, real, **asked).status_code < 400:
            walk.answered.add(operation["operationId"])
        queries = [part["name"] for part in operation.get("parameters", []) if part["in"] == "query"]
        walk.send(method, absent, params={CANARY: CANARY})
        walk.send(method, real, params=dict.fromkeys([*queries, CANARY], CANARY))
        for name in queries:
            walk.send(method, real, params={name: CANARY})
        walk.send(method, real, headers={"Authorization": f"Bearer {CANARY}", "Idempotency-Key": f"{CANARY} {CANARY}"})
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            for body in bodies(content["application/json"]["schema"]):
                walk.send(method, real, json=body)
            for raw in (f'{{"{CANARY}": "{CANARY}'.encode(), f'{{"{CANARY}": NaN}}'.encode(), CANARY.encode()):
                walk.send(method, real, content=raw, headers={"Content-Type": "application/json"})
            walk.send(method, real, content=CANARY, headers={"Content-Type": f"text/{CANARY}"})
        elif content:
            walk.send(method, real, data={"password": CANARY, CANARY: CANARY})
            walk.send(method, real, files={"file": (f"{CANARY}.pdf", b"%PDF-1.7 " + CANARY.encode(), CANARY)})


def accepted(operation: dict[str, Any]) -> dict[str, Any]:
    """A request that the operation does, with the canary wherever a person may write what they like."""
    if operation["operationId"] in ACCEPTED:
        return ACCEPTED[operation["operationId"]]
    content = operation.get("requestBody", {}).get("content", {})
    return {"json": sample(content["application/json"]["schema"])} if "application/json" in content else {}


def send_raw(service: ChildService, request: bytes) -> bytes:
    address = urlsplit(service.base_url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


def test_no_canary_leaves_the_service(
    database: Database, collected: Collector, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = {"LOG_LEVEL": "debug", "OTEL_EXPORTER_OTLP_ENDPOINT": collected.url, "CORS_ALLOWED_ORIGINS": ""}
    with child_service(database, tmp_path_factory.mktemp("service"), **settings) as service:
        account = service.client().post("/api/auth/register", json={**ACCOUNT, "displayName": CANARY})
        token = account.json()["accessToken"]
        walk = Walk(service.client(), token)
        walk_all_routes(walk)
        word = CANARY.upper().encode()
        for raw in (
            word + b" / HTTP/1.1\r\nHost: " + CANARY.encode() + b"\r\nConnection: close\r\n\r\n",
            b"GET /" + word + b"?" + word + b"=%zz HTTP/1.1\r\nHost: " + word + b":x\r\nConnection: close\r\n\r\n",
            b"no HTTP at all " + word + b"\r\n\r\n",
        ):
            assert word not in send_raw(service, raw).upper()
        ended = walk.send("DELETE", "/api/me", params={"reason": CANARY})
        assert ended.status_code == 202
        assert walk.send("GET", f"/api/erasures/{ended.json()['receipt']}").status_code == 200
        walk.answered |= {"deleteMe", "getErasure"}
        service.terminate()
        service.process.wait(timeout=12)
        logs = service.output.read_bytes()
    assert walk.echoed == []
    assert walk.failed == []
    assert walk.made > EXPECTED_REQUESTS
    every = {operation["operationId"] for _, _, operation in operations()} | {"deleteMe"}
    assert every - walk.answered == NOT_ANSWERED
    assert set(collected.received) == {"/v1/traces", "/v1/metrics"}
    assert b"/api/resume/{resume_id}" in collected.received["/v1/traces"]
    assert b"http.server.request.duration" in collected.received["/v1/metrics"]
    for name, emitted in {"logs": logs, **collected.received}.items():
        assert CANARY.encode() not in emitted.lower(), f"{name}: {around(emitted)!r}"
    assert all(json.loads(line) for line in logs.splitlines()), "a line that is not of our form"


def around(emitted: bytes) -> bytes:
    place = emitted.lower().index(CANARY.encode())
    return emitted[max(0, place - 200) : place + 100]
