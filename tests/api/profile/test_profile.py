"""The profile over HTTP: JSON Resume without loss, stable ids, imports that nobody has to believe."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import docx
import pytest

from tests.support.databases import Database
from tests.support.running_service import Person, Service
from tests.support.samples import DOCUMENT


def test_a_document_comes_back_as_it_was_sent(person: Person) -> None:
    document = {**copy.deepcopy(DOCUMENT), "meta": {"theme": "even"}, "x-own": [1, {"a": None}]}
    saved = person.client.put("/api/profile", json=document)
    assert saved.status_code == 200, saved.text
    assert saved.json()["document"] == document
    assert person.client.get("/api/profile").json()["document"] == document
    assert saved.json()["dropped"] == []


def test_ids_survive_an_edit(person: Person) -> None:
    first = person.with_profile().client.get("/api/profile").json()["ids"]
    document = copy.deepcopy(DOCUMENT)
    document["work"].insert(
        0, {"name": "New Place", "position": "Lead", "startDate": "2026-01", "highlights": ["Started"]}
    )
    document["work"][1]["highlights"][0] += " on Kubernetes"
    second = person.client.put("/api/profile", json=document).json()
    assert second["revision"] == 2
    assert second["ids"]["/work/1"] == first["/work/0"]
    assert second["ids"]["/work/1/highlights/0"] == first["/work/0/highlights/0"]


def test_one_bad_optional_field_never_loses_the_rest(person: Person) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["work"][0]["highlights"] = {"not": "a list"}
    saved = person.client.put("/api/profile", json=document).json()
    assert saved["dropped"]
    assert saved["document"]["work"][1] == DOCUMENT["work"][1]


@pytest.mark.parametrize("document", [{}, {"basics": {}}, {"basics": {"name": "  "}}])
def test_without_a_name_it_is_refused_with_a_pointer(person: Person, document: dict[str, Any]) -> None:
    answer = person.client.put("/api/profile", json=document)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/basics/name"


def test_before_the_first_save_it_is_404(person: Person) -> None:
    assert person.client.get("/api/profile").status_code == 404


def upload(person: Person, name: str, data: bytes, kind: str) -> Any:
    return person.client.post("/api/profile/import", files={"file": (name, data, kind)})


def word_document() -> bytes:
    document = docx.Document()
    document.add_heading("Ada Example", 0)
    document.add_paragraph("ada@example.com | +1 415 555 0134")
    document.add_heading("Experience", 1)
    document.add_paragraph("Backend Engineer, Harbor Data")
    document.add_paragraph("March 2021 - Present")
    document.add_paragraph("Cut query time by 62%", style="List Bullet")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_an_import_is_a_draft_until_it_is_confirmed(stored_service: Service, database: Database) -> None:
    person = stored_service.person()
    answer = upload(person, "ada.json", json.dumps(DOCUMENT).encode(), "application/json")
    assert answer.status_code == 201, answer.text
    draft = answer.json()
    assert draft["document"]["basics"]["name"] == "Ada Example"
    assert person.client.get("/api/profile").status_code == 404
    confirmed = person.client.post(f"/api/profile/import/{draft['id']}/confirm", json={})
    assert confirmed.json()["document"] == DOCUMENT
    again = person.client.post(f"/api/profile/import/{draft['id']}/confirm", json={})
    assert again.json()["revision"] == 1
    with database.connect() as connection:
        row = connection.execute("select object_name, expires_at - created_at from cvstomize.uploads").fetchone()
    assert row is not None
    assert 29 <= row[1].days <= 30


def test_a_word_document_becomes_a_draft_with_provenance(person: Person) -> None:
    answer = upload(person, "ada.docx", word_document(), "application/octet-stream")
    assert answer.status_code == 201, answer.text
    draft = answer.json()
    assert draft["document"]["basics"]["email"] == "ada@example.com"
    assert draft["document"]["work"][0]["highlights"] == ["Cut query time by 62%"]
    assert {entry["pointer"] for entry in draft["provenance"]} >= {"/basics/email"}


def test_the_draft_can_be_corrected_when_confirming(person: Person) -> None:
    draft = upload(person, "ada.json", json.dumps(DOCUMENT).encode(), "application/json").json()
    corrected = {**DOCUMENT, "basics": {**DOCUMENT["basics"], "label": "Staff Engineer"}}
    saved = person.client.post(f"/api/profile/import/{draft['id']}/confirm", json={"document": corrected}).json()
    assert saved["document"]["basics"]["label"] == "Staff Engineer"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.pdf", b""),
        ("broken.pdf", b"%PDF-1.7 nothing"),
        ("program.exe", b"MZ\x90\x00" + bytes(200)),
        ("bad.json", b"{"),
    ],
)
def test_what_cannot_be_read_is_422_and_nothing_is_kept(
    stored_service: Service, database: Database, name: str, data: bytes
) -> None:
    person = stored_service.person()
    answer = upload(person, name, data, "application/octet-stream")
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    with database.connect() as connection:
        counted = connection.execute(
            "select count(*) from cvstomize.uploads u join cvstomize.users p on p.id = u.user_id where p.email = %s",
            [person.email],
        ).fetchone()
    assert counted == (0,)


def test_another_person_s_import_is_404(service: Service, person: Person) -> None:
    draft = upload(person, "ada.json", json.dumps(DOCUMENT).encode(), "application/json").json()
    stranger = service.person()
    assert stranger.client.get(f"/api/profile/import/{draft['id']}").status_code == 404
    assert stranger.client.post(f"/api/profile/import/{draft['id']}/confirm", json={}).status_code == 404
