"""Originals live 30 days, also when only the worker enforces it, and a refused import keeps nothing."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage  # type: ignore[attr-defined, unused-ignore]

from api.auth.subject import Subject
from api.db.base import new_id
from api.errors import ConflictError
from api.idempotency.repository import Claim
from api.idempotency.service import Recorder
from api.outbox.mail import ConsoleSender
from api.outbox.worker import Worker
from api.profile.importer import parse_document_async
from api.profile.originals import Original, OriginalStore
from api.profile.service import ProfileService
from tests.api.profile.importer.test_sandbox import UNREADABLE
from tests.support.running_service import MovableClock, Person, Service

DOCUMENT = json.dumps({"basics": {"name": "Ada Example", "email": "ada@example.com"}}).encode()


@pytest.fixture
def owner(stored_service: Service) -> Person:
    return stored_service.person()


def upload(person: Person, data: bytes = DOCUMENT, name: str = "ada.json", **options: Any) -> Any:
    return person.post("/api/profile/import", files={"file": (name, data, "application/octet-stream")}, **options)


def objects(service: Service, person: Person) -> list[str]:
    """What the bucket of uploads holds under the person's prefix."""
    client = storage.Client(
        project=service.settings.gcp_project_id,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": service.settings.storage_emulator_host},
    )
    listed = client.list_blobs(service.settings.gcs_uploads_bucket, prefix=f"u/{person.user_id}/", timeout=5)
    return [blob.name for blob in listed]


def rows(service: Service, person: Person) -> list[tuple[Any, ...]]:
    return service.rows("select object_name from cvstomize.uploads where user_id = %s", person.user_id)


def with_worker(service: Service, scenario: Callable[[Worker], Awaitable[Any]], **moved: float) -> Any:
    """Play a scenario with the worker of `cvstomize work`, whose clock is moved."""

    async def play() -> Any:
        clock = MovableClock(timedelta(**moved))
        worker = Worker.open(service.settings, clock=clock, sender=ConsoleSender())
        try:
            return await scenario(worker)
        finally:
            await worker.close()

    return asyncio.run(play())


def test_the_worker_deletes_an_original_after_thirty_days(stored_service: Service, owner: Person) -> None:
    draft = upload(owner).json()
    (name,) = objects(stored_service, owner)
    assert rows(stored_service, owner) == [(name,)]
    with_worker(stored_service, Worker.drain, days=29, hours=23)
    assert objects(stored_service, owner) == [name]
    with_worker(stored_service, Worker.drain, days=30, minutes=1)
    assert objects(stored_service, owner) == []
    assert rows(stored_service, owner) == []
    assert owner.get(f"/api/profile/import/{draft['id']}").json()["document"] == draft["document"]


def test_the_original_is_kept_as_it_was_sent(stored_service: Service, owner: Person) -> None:
    upload(owner)
    (name,) = objects(stored_service, owner)

    async def read(worker: Worker) -> bytes | None:
        return await worker.resources.objects.get(stored_service.settings.gcs_uploads_bucket, name)

    assert with_worker(stored_service, read) == DOCUMENT


REFUSED = {
    **{name: (data, filename) for name, (data, filename, _code) in UNREADABLE.items()},
    "nothing": (b"", "empty.pdf"),
    "spaces": (b" \n\t\n ", "spaces.txt"),
    "more than 10 MB": (b"a" * (10 * 1024 * 1024 + 1), "large.txt"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_document_leaves_neither_row_nor_object(stored_service: Service, owner: Person, case: str) -> None:
    answer = upload(owner, *REFUSED[case])
    assert 400 <= answer.status_code < 500, answer.text
    assert objects(stored_service, owner) == []
    assert rows(stored_service, owner) == []


def test_an_original_whose_import_died_goes_within_the_hour(stored_service: Service, owner: Person) -> None:
    async def stored_and_crashed(worker: Worker) -> None:
        original = Original(DOCUMENT, "ada.json", "application/json")
        await OriginalStore(worker.resources).put(Subject(UUID(owner.user_id), "unused"), original)

    with_worker(stored_service, stored_and_crashed)
    assert len(objects(stored_service, owner)) == 1
    with_worker(stored_service, Worker.drain)
    assert len(objects(stored_service, owner)) == 1
    with_worker(stored_service, Worker.drain, hours=1, minutes=1)
    assert objects(stored_service, owner) == []
    assert rows(stored_service, owner) == []


def test_an_import_that_lost_its_key_keeps_nothing(stored_service: Service, owner: Person) -> None:
    """A request that slept past its lease answers 409: what it had stored by then goes."""

    async def lost(worker: Worker) -> None:
        recorder = Recorder("k" * 40, Claim(new_id(), worker.resources.clock()))
        original = Original(DOCUMENT, "ada.json", "application/json")
        with pytest.raises(ConflictError):
            await ProfileService(worker.resources).read_into_draft(
                Subject(UUID(owner.user_id), "unused"), original, recorder
            )

    with_worker(stored_service, lost)
    assert objects(stored_service, owner) == []
    assert rows(stored_service, owner) == []


def test_a_file_that_found_no_free_reader_is_told_when_to_come_back_and_may(
    stored_service: Service, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with the file, so the refusal is no answer that a repeated key would get for ever."""
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    key = {"Idempotency-Key": str(new_id())}
    with monkeypatch.context() as patched:
        patched.setattr("api.profile.importer.sandbox._SLOTS", taken)
        patched.setattr("api.profile.service.parse_document_async", partial(parse_document_async, deadline_seconds=0.1))
        refused = upload(owner, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (503, "importer_busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert objects(stored_service, owner) == []
    assert upload(owner, headers=key).status_code == 201
