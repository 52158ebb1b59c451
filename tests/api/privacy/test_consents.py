"""Consent per purpose: nothing at registration, versions and hashes kept, history never overwritten."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

from api.db.tables.accounts import PURPOSES
from api.privacy.consent_texts import consent_texts
from tests.support.running_service import Person, Service


def decide(person: Person, **purposes: bool) -> dict[str, bool]:
    body = {"consents": [{"purpose": purpose, "granted": granted} for purpose, granted in purposes.items()]}
    answer = person.put("/api/consents", json=body)
    assert answer.status_code == 200, answer.text
    return {consent["purpose"]: consent["granted"] for consent in answer.json()["consents"]}


def test_every_purpose_has_a_text() -> None:
    assert tuple(text.purpose for text in consent_texts()) == PURPOSES
    assert all(text.version and len(text.text) > 80 for text in consent_texts())


def test_nothing_is_granted_at_registration(person: Person) -> None:
    body = person.get("/api/consents").json()
    assert [consent["granted"] for consent in body["consents"]] == [False, False, False]
    assert body["history"] == []
    for consent in body["consents"]:
        assert consent["textSha256"] == hashlib.sha256(consent["text"].encode()).hexdigest()


def test_purposes_are_independent_and_history_is_kept(person: Person) -> None:
    decide(person, outcome_research=True, training=True)
    assert decide(person, training=False) == {"product": False, "outcome_research": True, "training": False}
    assert decide(person, training=False)["training"] is False
    history = person.get("/api/consents").json()["history"]
    assert [(entry["purpose"], entry["granted"]) for entry in history] == [
        ("outcome_research", True),
        ("training", True),
        ("training", False),
    ]


def test_consent_to_another_text_is_refused(person: Person) -> None:
    body = {"consents": [{"purpose": "training", "granted": True, "policyVersion": "1999-01"}]}
    answer = person.put("/api/consents", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "policy_changed")
    assert answer.json()["errors"][0]["pointer"] == "/consents/0/policyVersion"


def test_bad_decisions_are_refused(person: Person) -> None:
    for consents in ([], [{"purpose": "ads", "granted": True}], [{"purpose": "training", "granted": True}] * 2):
        assert person.put("/api/consents", json={"consents": consents}).status_code == 422


def test_decisions_at_once_are_recorded_in_order(service: Service, person: Person) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: decide(person, training=number % 2 == 0), range(8)))
    times = [entry["recordedAt"] for entry in person.get("/api/consents").json()["history"]]
    assert times == sorted(set(times))
    in_force = service.rows(
        "select granted from cvstomize.current_consents where user_id = %s and purpose = 'training'", person.user_id
    )
    shown = {entry["purpose"]: entry["granted"] for entry in person.get("/api/consents").json()["consents"]}
    assert in_force == [(shown["training"],)]
