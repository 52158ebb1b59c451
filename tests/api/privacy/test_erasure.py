"""Erasure: access ends at once, every store is emptied, and success is said only after looking."""

import asyncio
import json
import zipfile
from io import BytesIO

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from api.db.base import Base
from api.outbox.mail import ConsoleSender
from api.outbox.worker import Worker
from tests.support.running_service import BROWSER, MARKDOWN, Person, Service

PROFILE = {"basics": {"name": "Canary Quill", "email": "canary@example.com", "phone": "+1 415 555 0134"}}


def work(service: Service, **changes: object) -> None:
    """One round of `cvstomize work`."""

    async def round_once() -> None:
        settings = service.settings.model_copy(update=changes)
        worker = Worker.open(settings, clock=service.clock, sender=ConsoleSender())
        try:
            await worker.fill()
            await worker.drain()
        finally:
            await worker.close()

    asyncio.run(round_once())


def erase_now(service: Service) -> None:
    """What `cvstomize erase` does first."""

    async def once() -> None:
        worker = Worker.open(service.settings, clock=service.clock, sender=ConsoleSender())
        try:
            await worker.erase()
        finally:
            await worker.close()

    asyncio.run(once())


def lived_in(service: Service) -> tuple[Person, str]:
    """Somebody with a profile, a resume, outcomes, a share link and a view."""
    person = service.person()
    person.add_profile(PROFILE)
    person.consent("outcome_research", "training")
    resume_id = person.add_resume()
    body = {"interviewReceived": True, "outcomeNotes": "canary note"}
    key = {"Idempotency-Key": "canary-key"}
    assert person.post(f"/api/resume/{resume_id}/report-outcome", json=body, headers=key).status_code == 200
    token = person.post(f"/api/resume/{resume_id}/share", json={}).json()["token"]
    with service.client(headers={"User-Agent": BROWSER}) as visitor:
        assert visitor.get(f"/r/{token}").status_code == 200
    return person, token


def objects(service: Service, person: Person) -> list[str]:
    settings = service.settings
    client = storage.Client(
        project=settings.gcp_project_id,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": settings.storage_emulator_host},
    )
    buckets = (settings.gcs_resumes_bucket, settings.gcs_uploads_bucket)
    return [blob.name for bucket in buckets for blob in client.list_blobs(bucket, prefix=f"u/{person.user_id}/")]


def mentions(service: Service, *needles: str) -> list[str]:
    """Every table of the operational schema in which a row's text holds one of the needles."""
    found = []
    for table in Base.metadata.sorted_tables:
        rows = service.rows(f"select t::text from cvstomize.{table.name} t")
        if any(needle in row[0] for row in rows for needle in needles):
            found.append(table.name)
    return found


def test_access_ends_at_once(service: Service) -> None:
    person, token = lived_in(service)
    answer = person.delete("/api/me")
    assert answer.status_code == 202
    assert person.get("/api/me").status_code == 401
    assert person.delete("/api/me").status_code == 401
    with service.client() as visitor:
        assert visitor.get(f"/r/{token}").status_code == 404
        assert visitor.get(f"/r/{token}/resume.pdf").status_code == 404
        login = {"email": person.email, "password": "correct horse battery"}
        assert visitor.post("/api/auth/login", json=login).status_code == 401
        path = f"/api/erasures/{answer.json()['receipt']}"
        assert visitor.get(path).json()["status"] == "requested"
        assert visitor.get("/api/erasures/unknown").status_code == 404
    assert service.rows(
        "select count(*) from export.people p join cvstomize.users u using (person_key) where u.id = %s", person.user_id
    ) == [(0,)]
    assert service.rows("select count(*) from cvstomize.idempotency_keys where user_id = %s", person.user_id) == [(0,)]


def test_rows_and_objects_are_gone_and_the_neighbour_stays(stored_service: Service) -> None:
    service = stored_service
    person, token = lived_in(service)
    neighbour, _ = lived_in(service)
    with service.client() as visitor:
        assert visitor.get(f"/r/{token}/resume.pdf").status_code == 200
    person_key = service.rows("select person_key from cvstomize.users where id = %s", person.user_id)[0][0]
    assert objects(service, person)
    receipt = person.delete("/api/me").json()["receipt"]
    work(service)
    with service.client() as anybody:
        assert anybody.get(f"/api/erasures/{receipt}").json()["status"] == "operational_erased"
    assert objects(service, person) == []
    assert set(mentions(service, person.user_id, person.email)) <= {"erasure_requests", "outbox"}
    # The ledger of deleted keys tells every copy what to delete, by pseudonym.
    assert set(mentions(service, person_key)) <= {"erasure_requests", "deletions"}
    assert neighbour.get("/api/resume").status_code == 200
    with service.clock.moved(minutes=3):
        work(service)
    assert mentions(service, person.user_id, person.email) == ["erasure_requests"]
    assert service.person(person.email).email == person.email


def test_a_storage_outage_delays_and_never_loses_an_erasure(stored_service: Service) -> None:
    service = stored_service
    person, token = lived_in(service)
    with service.client() as visitor:
        visitor.get(f"/r/{token}/resume.pdf")
        receipt = person.delete("/api/me").json()["receipt"]
        work(service, gcs_resumes_bucket="no-such-bucket")
        assert visitor.get(f"/api/erasures/{receipt}").json()["status"] == "requested"
        assert service.rows("select count(*) from cvstomize.users where id = %s", person.user_id) == [(1,)]
        with service.clock.moved(minutes=1):
            work(service)
        assert visitor.get(f"/api/erasures/{receipt}").json()["status"] == "operational_erased"
    assert objects(service, person) == []


def test_without_the_eraser_erasures_wait(service: Service) -> None:
    person, _ = lived_in(service)
    receipt = person.delete("/api/me").json()["receipt"]
    work(service, eraser_database_url=None)
    with service.client() as anybody:
        assert anybody.get(f"/api/erasures/{receipt}").json()["status"] == "requested"


def test_the_access_archive_holds_everything_but_secrets(service: Service) -> None:
    person, token = lived_in(service)
    answer = person.get("/api/privacy/export")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        tables = {
            name: json.loads(archive.read(f"tables/{name}.json"))
            for name in (
                "users",
                "profiles",
                "resumes",
                "resume_versions",
                "outcome_events",
                "consents",
                "share_links",
                "view_events",
            )
        }
        pdfs = [name for name in archive.namelist() if name.endswith(".pdf")]
        assert archive.read(pdfs[0]).startswith(b"%PDF")
    assert tables["users"][0]["email"] == person.email
    assert "password_hash" not in tables["users"][0]
    assert tables["resumes"][0]["outcome_notes"] == "canary note"
    assert tables["resume_versions"][0]["body_markdown"] == MARKDOWN
    assert tables["profiles"][0]["document"] == PROFILE
    assert all(len(rows) >= 1 for rows in tables.values())
    assert token not in json.dumps(tables)
    assert len(pdfs) == 1
