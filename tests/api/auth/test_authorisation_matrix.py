"""Every route of the application against every kind of caller. A route that is not classified here fails."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from fastapi.routing import APIRoute

from api.auth.tokens import AUDIENCE, ISSUER, issue_token
from api.conversation.rules.questions import load_questions
from api.routes import ROUTERS
from tests.support.running_service import Person, Service

QUESTION = load_questions("en").questions[0].id
ABSENT = "00000000-0000-7000-8000-000000000000"
OPEN = "open"
OWN = "own"  # needs a token and names no object
OBJECT = "object"  # needs a token and the id of an object of that person

MATRIX: dict[tuple[str, str], str] = {
    ("GET", "/health"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("POST", "/api/auth/register"): OPEN,
    ("POST", "/api/auth/login"): OPEN,
    ("GET", "/api/me"): OWN,
    ("DELETE", "/api/me"): OWN,
    ("GET", "/api/profile"): OWN,
    ("PUT", "/api/profile"): OWN,
    ("POST", "/api/profile/import"): OWN,
    ("GET", "/api/personality"): OWN,
    ("PUT", "/api/personality"): OWN,
    ("POST", "/api/conversation"): OWN,
    ("POST", "/api/job/analyze"): OWN,
    ("POST", "/api/resume/generate"): OWN,
    ("GET", "/api/resume"): OWN,
    ("GET", "/api/checkins"): OWN,
    ("GET", "/api/consents"): OWN,
    ("PUT", "/api/consents"): OWN,
    ("GET", "/api/privacy/export"): OWN,
    ("GET", "/api/insights/{mart}"): OWN,
    ("GET", "/api/resume/{resume_id}"): OBJECT,
    ("PUT", "/api/resume/{resume_id}"): OBJECT,
    ("DELETE", "/api/resume/{resume_id}"): OBJECT,
    ("GET", "/api/resume/{resume_id}/versions"): OBJECT,
    ("GET", "/api/resume/{resume_id}/score"): OBJECT,
    ("GET", "/api/resume/{resume_id}/download"): OBJECT,
    ("HEAD", "/api/resume/{resume_id}/download"): OBJECT,
    ("POST", "/api/resume/{resume_id}/report-outcome"): OBJECT,
    ("GET", "/api/resume/{resume_id}/outcome"): OBJECT,
    ("GET", "/api/resume/{resume_id}/engagement"): OBJECT,
    ("POST", "/api/resume/{resume_id}/share"): OBJECT,
    ("GET", "/api/resume/{resume_id}/share"): OBJECT,
    ("DELETE", "/api/resume/{resume_id}/share"): OBJECT,
    ("GET", "/api/conversation/{conversation_id}"): OBJECT,
    ("POST", "/api/conversation/{conversation_id}/answer"): OBJECT,
    ("POST", "/api/conversation/{conversation_id}/complete"): OBJECT,
    ("GET", "/api/profile/import/{import_id}"): OBJECT,
    ("POST", "/api/profile/import/{import_id}/confirm"): OBJECT,
    ("GET", "/r/{token}"): OPEN,
    ("HEAD", "/r/{token}"): OPEN,
    ("POST", "/r/{token}"): OPEN,
    ("GET", "/r/{token}/resume.pdf"): OPEN,
    ("HEAD", "/r/{token}/resume.pdf"): OPEN,
    ("GET", "/c/{token}"): OPEN,
    ("HEAD", "/c/{token}"): OPEN,
    ("POST", "/c/{token}"): OPEN,
    ("GET", "/api/erasures/{receipt}"): OPEN,
}

# Valid bodies: a refusal must come from the owner check, not from the body.
BODIES: dict[str, object] = {
    "/api/resume/{resume_id}/report-outcome": {"noAnswerYet": True},
    "/api/resume/{resume_id}": {"title": "Another"},
    "/api/resume/{resume_id}/share": {},
    "/api/conversation/{conversation_id}/answer": {"questionId": QUESTION, "skipped": True},
    "/api/profile/import/{import_id}/confirm": {},
}


def routes() -> list[tuple[str, str]]:
    """Every method and path the application serves."""
    return [
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


def guarded(kind: str | None = None) -> list[tuple[str, str]]:
    return [route for route in routes() if MATRIX.get(route, OWN) in ({OWN, OBJECT} if kind is None else {kind})]


def make_object(person: Person, path: str) -> str:
    """An object of the kind a path names, owned by that person."""
    if "{conversation_id}" in path:
        return str(person.post("/api/conversation", json={"language": "en"}).json()["id"])
    if "{import_id}" in path:
        document = json.dumps({"basics": {"name": "Ada Example", "email": "ada@example.com"}})
        files = {"file": ("resume.json", document, "application/json")}
        answer = person.post("/api/profile/import", files=files)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])
    return person.add_resume()


def call(service: Service, route: tuple[str, str], identifier: str, token: str | None) -> int:
    method, path = route
    for name in ("{resume_id}", "{conversation_id}", "{import_id}"):
        path = path.replace(name, identifier)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = BODIES.get(route[1]) if method in {"POST", "PUT"} else None
    with service.client(headers=headers) as client:
        return client.request(method, path, json=body).status_code


def test_every_route_is_classified() -> None:
    unknown = [route for route in routes() if route not in MATRIX]
    assert not unknown, f"say who may call them: {unknown}"
    assert not set(MATRIX) - set(routes())


@pytest.mark.parametrize("route", guarded(), ids=lambda route: " ".join(route))
def test_without_a_good_token_there_is_nothing(service: Service, person: Person, route: tuple[str, str]) -> None:
    now = datetime.now(UTC)
    secret = str(service.settings.auth_token_secret.get_secret_value())  # type: ignore[union-attr]
    user_id = UUID(person.user_id)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": person.user_id, "iat": now, "exp": now + timedelta(hours=1)}
    tokens = {
        "none": None,
        "expired": issue_token(secret, user_id, now - timedelta(days=2)),
        "forged": issue_token("another secret, also long enough", user_id, now),
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "other audience": jwt.encode({**claims, "aud": "elsewhere"}, secret, algorithm="HS256"),
        "other issuer": jwt.encode({**claims, "iss": "elsewhere"}, secret, algorithm="HS256"),
        "nonsense": "nonsense",
    }
    assert {kind: call(service, route, ABSENT, token) for kind, token in tokens.items()} == dict.fromkeys(tokens, 401)


@pytest.mark.parametrize("route", guarded(OBJECT), ids=lambda route: " ".join(route))
def test_foreign_and_absent_objects_are_the_same_404(service: Service, person: Person, route: tuple[str, str]) -> None:
    foreign = make_object(service.person(), route[1])
    assert call(service, route, foreign, person.token) == 404
    assert call(service, route, ABSENT, person.token) == 404


@pytest.mark.parametrize("route", guarded(OBJECT), ids=lambda route: " ".join(route))
def test_the_owner_is_let_in(service: Service, person: Person, route: tuple[str, str]) -> None:
    document = {"basics": {"name": "Ada Example", "email": "ada@example.com"}}
    assert person.put("/api/profile", json=document).status_code == 200
    assert call(service, route, make_object(person, route[1]), person.token) in {200, 201, 204}
