"""Every POST of a person takes an Idempotency-Key, and twenty equal ones in parallel make one effect."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.auth.dependencies import current_subject
from api.routes import ROUTERS
from tests.support.running_service import Person, Service

KEY = {"Idempotency-Key": "0d5f1f6e-2f0e-4b55-9a3f-0a5cf3c6f0a1"}
TOGETHER = 20
CREATES_NOTHING = {"/api/job/analyze"}
DOCUMENT = {
    "basics": {"name": "Ada Example", "email": "ada@example.com"},
    "work": [{"name": "Harbor Data", "position": "Engineer", "startDate": "2021", "highlights": ["Built a service"]}],
}

Request = Callable[[dict[str, str]], httpx.Response]


def start(person: Person) -> Request:
    return lambda headers: person.post("/api/conversation", json={}, headers=headers)


def started(person: Person) -> str:
    return f"/api/conversation/{start(person)({}).json()['id']}"


def answer(person: Person) -> Request:
    path, body = started(person), {"questionId": "story_openness", "text": "I built one.", "items": {"o1": 4, "o2": 2}}
    person.post(f"{path}/complete")  # from here on every answer scores anew, so a repeated one would be seen
    return lambda headers: person.post(f"{path}/answer", json=body, headers=headers)


def complete(person: Person) -> Request:
    path = started(person)
    items = {"questionId": "story_openness", "items": {"o1": 4, "o2": 2}}
    person.post(f"{path}/answer", json=items)
    return lambda headers: person.post(f"{path}/complete", headers=headers)


def upload(person: Person, name: str = "ada.json") -> Request:
    file = (name, json.dumps(DOCUMENT).encode(), "application/json")
    return lambda headers: person.post("/api/profile/import", files={"file": file}, headers=headers)


def confirm(person: Person) -> Request:
    path = f"/api/profile/import/{upload(person)({}).json()['id']}/confirm"
    return lambda headers: person.post(path, json={}, headers=headers)


def generate(person: Person) -> Request:
    assert person.put("/api/profile", json=DOCUMENT).status_code == 200
    body = {"jobDescription": "Backend engineer. Python, PostgreSQL and Docker are required."}
    return lambda headers: person.post("/api/resume/generate", json=body, headers=headers)


def share(person: Person) -> Request:
    path = f"/api/resume/{person.add_resume()}/share"
    return lambda headers: person.post(path, json={}, headers=headers)


def report(person: Person) -> Request:
    path = f"/api/resume/{person.add_resume()}/report-outcome"
    return lambda headers: person.post(path, json={"interviewReceived": True}, headers=headers)


SCORES = "select count(*) from cvstomize.personality_scores where user_id = %s"
ROUTES: dict[str, tuple[Callable[[Person], Request], str]] = {
    "/api/conversation": (start, "select count(*) from cvstomize.conversations where user_id = %s"),
    "/api/conversation/{conversation_id}/answer": (answer, SCORES),
    "/api/conversation/{conversation_id}/complete": (complete, SCORES),
    "/api/profile/import": (upload, "select count(*) from cvstomize.profile_imports where user_id = %s"),
    "/api/profile/import/{import_id}/confirm": (
        confirm,
        "select revision from cvstomize.profiles where user_id = %s",
    ),
    "/api/resume/generate": (generate, "select count(*) from cvstomize.resumes where user_id = %s"),
    "/api/resume/{resume_id}/share": (
        share,
        (
            "select count(*) from cvstomize.share_links l join cvstomize.resumes r on r.id = l.resume_id"
            " where r.user_id = %s"
        ),
    ),
    "/api/resume/{resume_id}/report-outcome": (
        report,
        (
            "select count(*) from cvstomize.outcome_events e join cvstomize.resumes r on r.id = e.resume_id"
            " where r.user_id = %s"
        ),
    ),
}


def needs_a_person(route: APIRoute) -> bool:
    return any(dependency.call is current_subject for dependency in route.dependant.dependencies)


def test_every_post_of_a_person_is_in_the_table() -> None:
    found = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ()) and needs_a_person(route)
    }
    assert found - CREATES_NOTHING == set(ROUTES)


@pytest.mark.parametrize("path", ROUTES)
def test_twenty_equal_requests_make_one_effect(service: Service, person: Person, path: str) -> None:
    prepare, count = ROUTES[path]
    request = prepare(person)
    before = sum(row[0] for row in service.rows(count, person.user_id))
    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(lambda _: request(KEY), range(TOGETHER)))
    made = [answer for answer in answers if answer.is_success]
    assert made, answers[0].text
    assert {answer.status_code for answer in answers} - {made[0].status_code} <= {409, 503}
    assert len({answer.content for answer in made}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in made) == 1
    after = sum(row[0] for row in service.rows(count, person.user_id))
    assert after - before == 1
    again = request(KEY)
    assert (again.content, again.headers["idempotency-replayed"]) == (made[0].content, "true")


@pytest.mark.parametrize("path", ROUTES)
def test_keys_of_two_people_are_independent(service: Service, person: Person, path: str) -> None:
    prepare, _ = ROUTES[path]
    for somebody in (person, service.person()):
        answer = prepare(somebody)(KEY)
        assert answer.is_success, answer.text
        assert "idempotency-replayed" not in answer.headers


def test_the_same_key_with_another_body_is_422(person: Person) -> None:
    requests: list[tuple[Request, Request]] = [
        (upload(person), upload(person, "other.json")),
        (start(person), lambda headers: person.post("/api/conversation", json={"language": "en"}, headers=headers)),
    ]
    for first, other in requests:
        assert first(KEY).is_success
        refused = other(KEY)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_without_a_key_twenty_starts_open_one_conversation(service: Service, person: Person) -> None:
    with ThreadPoolExecutor(TOGETHER) as pool:
        answers: list[Any] = list(pool.map(lambda _: start(person)({}), range(TOGETHER)))
    assert len({answer.json()["id"] for answer in answers if answer.is_success}) == 1
    assert service.rows("select count(*) from cvstomize.conversations where user_id = %s", person.user_id) == [(1,)]
