"""The 11 questions over HTTP: resumable, editable, skippable; and the traits that come of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.running_service import Person, Service


def start(person: Person) -> dict[str, Any]:
    answer = person.client.post("/api/conversation", json={})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def answer_all(person: Person, rating: int) -> dict[str, Any]:
    conversation = start(person)
    for question in conversation["questions"]:
        if question["kind"] == "optional":
            continue
        body = {"questionId": question["id"], "text": "A story.", "items": {i["id"]: rating for i in question["items"]}}
        answer = person.client.post(f"/api/conversation/{conversation['id']}/answer", json=body)
        assert answer.status_code == 200, answer.text
    done = person.client.post(f"/api/conversation/{conversation['id']}/complete")
    assert done.status_code == 200, done.text
    body: dict[str, Any] = done.json()
    return body


def test_there_are_eleven_questions_and_ten_statements(person: Person) -> None:
    asked = [question for question in start(person)["questions"] if question["kind"] != "optional"]
    assert [question["kind"] for question in asked].count("story") == 5
    assert [question["kind"] for question in asked].count("job_fact") == 6
    assert sum(len(question["items"]) for question in asked) == 10


def test_it_resumes_where_it_stopped(person: Person) -> None:
    first = start(person)
    question = first["questions"][0]
    person.client.post(f"/api/conversation/{first['id']}/answer", json={"questionId": question["id"], "text": "One."})
    again = start(person)
    assert again["id"] == first["id"]
    assert again["questions"][0]["answerText"] == "One."
    assert again["nextQuestionId"] == first["questions"][1]["id"]


def test_answers_can_be_edited_and_skipped(person: Person) -> None:
    conversation = start(person)
    path = f"/api/conversation/{conversation['id']}/answer"
    question = conversation["questions"][0]["id"]
    person.client.post(path, json={"questionId": question, "text": "First"})
    assert person.client.post(path, json={"questionId": question, "text": "Second"}).json()["answeredCount"] == 1
    skipped = person.client.post(path, json={"questionId": question, "skipped": True}).json()
    assert skipped["questions"][0]["skipped"]
    assert skipped["questions"][0]["answerText"] == ""


def test_all_fives_give_exactly_three_on_every_scale(person: Person) -> None:
    answer_all(person, 5)
    traits = person.client.get("/api/personality").json()["traits"]
    assert {trait["trait"]: trait["score"] for trait in traits} == dict.fromkeys(
        ("openness", "conscientiousness", "extraversion", "agreeableness", "emotional_steadiness"), 3.0
    )
    for trait in traits:
        assert trait["intervalLow"] < 3.0 < trait["intervalHigh"]
        assert trait["source"] == "self_report"


def test_a_slider_is_kept_beside_the_measurement(person: Person) -> None:
    answer_all(person, 4)
    edited = person.client.put("/api/personality", json={"traits": {"emotional_steadiness": 4.5}}).json()
    current = {trait["trait"]: trait for trait in edited["traits"]}
    assert current["emotional_steadiness"]["score"] == 4.5
    assert current["emotional_steadiness"]["source"] == "edited"
    assert len([t for t in edited["history"] if t["trait"] == "emotional_steadiness"]) == 2
    assert "rough" in edited["about"]


def test_optional_statements_make_the_scores_steadier(person: Person) -> None:
    conversation = answer_all(person, 5)
    before = {t["trait"]: t["standardError"] for t in person.client.get("/api/personality").json()["traits"]}
    optional = next(question for question in conversation["questions"] if question["kind"] == "optional")
    items = {item["id"]: 5 for item in optional["items"]}
    assert len(items) == 10
    after = person.client.put("/api/personality", json={"items": items}).json()["traits"]
    for trait in after:
        assert trait["standardError"] < before[trait["trait"]]
        assert trait["itemCount"] == 4
    # The whole instrument at 5: balanced scales stand at 3.0, intellect (one plain item, three reversed) at 2.0.
    assert {trait["trait"]: trait["score"] for trait in after}["openness"] == 2.0


@pytest.mark.parametrize(
    "body",
    [
        {"questionId": "no_such_question", "text": "x"},
        {"questionId": "story_openness", "items": {"o1": 6}},
        {"questionId": "story_openness", "items": {"o1": 0}},
        {"questionId": "story_openness", "items": {"o1": "4"}},
        {"questionId": "story_openness", "items": {"o1": 3.5}},
        {"questionId": "story_openness", "items": {"c1": 3}},
        {"questionId": "story_openness", "text": "a" * 8001},
        {"questionId": "story_openness", "text": "a\u0000b"},
    ],
)
def test_nonsense_is_refused(person: Person, body: dict[str, Any]) -> None:
    conversation = start(person)
    assert person.client.post(f"/api/conversation/{conversation['id']}/answer", json=body).status_code == 422


def test_line_separators_and_right_to_left_text_are_kept(person: Person) -> None:
    conversation = start(person)
    text = "one\u2028two\u0085three سلام \u202bשלום\u202c"
    body = {"questionId": "story_openness", "text": text}
    saved = person.client.post(f"/api/conversation/{conversation['id']}/answer", json=body).json()
    assert saved["questions"][0]["answerText"] == text


def test_an_unknown_language_says_which_there_are(person: Person) -> None:
    answer = person.client.post("/api/conversation", json={"language": "xx"})
    assert answer.status_code == 422
    assert "en" in answer.json()["detail"]


def test_a_stranger_sees_nothing(service: Service, person: Person) -> None:
    conversation = start(person)
    stranger = service.person()
    assert stranger.client.get(f"/api/conversation/{conversation['id']}").status_code == 404
    assert stranger.client.post(f"/api/conversation/{conversation['id']}/complete").status_code == 404


def test_an_empty_answer_takes_the_answer_back(person: Person) -> None:
    conversation = start(person)
    path = f"/api/conversation/{conversation['id']}/answer"
    question = conversation["questions"][0]["id"]
    person.client.post(path, json={"questionId": question, "text": "A story."})
    emptied = person.client.post(path, json={"questionId": question, "text": "  "}).json()
    assert emptied["answeredCount"] == 0
    assert emptied["nextQuestionId"] == question


def test_statements_may_be_rated_one_by_one_and_leave_moved_sliders_alone(person: Person) -> None:
    answer_all(person, 4)
    person.client.put("/api/personality", json={"traits": {"extraversion": 1.5}})
    person.client.put("/api/personality", json={"items": {"o3": 1}})
    scores = person.client.put("/api/personality", json={"items": {"o4": 1}}).json()
    shown = {trait["trait"]: trait for trait in scores["traits"]}
    assert shown["openness"]["itemCount"] == 4
    assert shown["extraversion"]["score"] == 1.5
    assert shown["extraversion"]["source"] == "edited"


def test_ratings_that_say_little_are_said_to(person: Person) -> None:
    answer_all(person, 5)
    assert [note["code"] for note in person.client.get("/api/personality").json()["notes"]] == ["one_answer"]
    every = ("openness", "conscientiousness", "extraversion", "agreeableness", "emotional_steadiness")
    moved = person.client.put("/api/personality", json={"traits": dict.fromkeys(every, 4)}).json()
    assert moved["notes"] == []
