"""The audit log: a line for everything done to a person's data, that nobody changes and that names nobody."""

import json
import zipfile
from io import BytesIO

import psycopg
import pytest

from tests.api.privacy.test_erasure import erase_now, work
from tests.support.running_service import Person, Service

LINES = "select actor, action, details from cvstomize.audit_log where audit_key = %s order by recorded_at, id"


def audit_key(service: Service, person: Person) -> object:
    return service.rows("select audit_key from cvstomize.users where id = %s", person.user_id)[0][0]


def busy(service: Service) -> Person:
    """Somebody who did everything that is logged."""
    person = service.person()
    credentials = {"email": person.email, "password": "correct horse battery"}
    assert person.post("/api/auth/login", json={**credentials, "password": "wrong"}).status_code == 401
    assert person.post("/api/auth/login", json=credentials).status_code == 200
    person.consent("training")
    resume_id = person.add_resume()
    assert person.post(f"/api/resume/{resume_id}/share", json={}).status_code == 201
    assert person.delete(f"/api/resume/{resume_id}/share").status_code in {200, 204}
    assert person.get("/api/privacy/export").status_code == 200
    return person


def test_everything_has_its_line_and_the_person_can_read_them(service: Service) -> None:
    person = busy(service)
    expected = [
        ("person", "account.registered", {}),
        ("person", "account.sign_in_failed", {}),
        ("person", "account.signed_in", {}),
        ("person", "consent.changed", {"purpose": "training", "granted": True, "policy_version": "2026-01"}),
        ("person", "share.created", {"with_password": False}),
        ("person", "share.closed", {}),
        ("person", "data.exported", {}),
    ]
    assert service.rows(LINES, audit_key(service, person)) == expected
    with zipfile.ZipFile(BytesIO(person.get("/api/privacy/export").content)) as archive:
        shown = json.loads(archive.read("tables/audit_log.json"))
    assert [line["action"] for line in shown] == [action for _, action, _ in expected] + ["data.exported"]


def test_an_unknown_address_leaves_a_line_that_names_nobody(service: Service, person: Person) -> None:
    body = {"email": "nobody.at.all@example.com", "password": "wrong"}
    assert person.post("/api/auth/login", json=body).status_code == 401
    assert service.rows("select audit_key, details from cvstomize.audit_log order by id desc limit 1") == [(None, {})]


def test_after_an_erasure_the_lines_are_there_and_lead_to_nobody(service: Service) -> None:
    person = busy(service)
    key = audit_key(service, person)
    person_key = service.rows("select person_key from cvstomize.users where id = %s", person.user_id)[0][0]
    before = len(service.rows(LINES, key))
    assert person.delete("/api/me").status_code == 202
    work(service)
    assert len(service.rows(LINES, key)) == before
    texts = [row[0] for row in service.rows("select t::text from cvstomize.audit_log t")]
    assert not [text for text in texts for name in (person.user_id, person_key, person.email) if name in text]
    request = service.rows("select id::text from cvstomize.erasure_requests where user_id = %s", person.user_id)[0][0]
    told = service.rows(
        "select actor, action, audit_key from cvstomize.audit_log where details ->> 'request' = %s"
        " order by recorded_at, id",
        request,
    )
    assert told == [
        ("person", "erasure.requested", None),
        ("service", "erasure.operational_data_deleted", None),
    ]


def test_an_operators_run_is_logged(service: Service) -> None:
    erase_now(service)
    last = service.rows("select actor, action from cvstomize.audit_log order by id desc limit 1")
    assert last == [("operator", "erasure.run")]


@pytest.mark.parametrize(
    "statement",
    [
        "update cvstomize.audit_log set action = 'x'",
        "delete from cvstomize.audit_log",
        "truncate cvstomize.audit_log",
        "drop trigger refuse_change on cvstomize.audit_log",
        "alter table cvstomize.audit_log disable trigger all",
        "drop table cvstomize.audit_log",
        "with gone as (delete from cvstomize.audit_log returning id) select count(*) from gone",
    ],
)
@pytest.mark.parametrize("role", ["DATABASE_URL", "ERASER_DATABASE_URL", "PIPELINE_DATABASE_URL"])
def test_no_role_changes_a_line(service: Service, role: str, statement: str) -> None:
    with service.database.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("statement", ["update cvstomize.audit_log set action = 'x'", "truncate cvstomize.audit_log"])
def test_even_the_owner_is_refused(service: Service, statement: str) -> None:
    with service.database.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[arg-type]
