"""Fixtures of black-box tests: a real server on a fresh database, and a person who uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api_server import ApiServer, Person
from tests.support.databases import Database
from tests.support.shared_stack import SharedStack


@pytest.fixture(scope="module")
def api(database: Database) -> Iterator[ApiServer]:
    """The API without Cloud Storage."""
    with ApiServer(database.app_url) as server:
        yield server


@pytest.fixture(scope="module")
def storing_api(database: Database, storage_stack: SharedStack) -> Iterator[ApiServer]:
    """The API with the Cloud Storage emulator."""
    environment = storage_stack.environment()
    with ApiServer(
        database.app_url,
        enable_cloud_storage=True,
        gcs_resumes_bucket=environment["GCS_RESUMES_BUCKET"],
        gcs_uploads_bucket=environment["GCS_UPLOADS_BUCKET"],
        storage_emulator_host=environment["STORAGE_EMULATOR_HOST"],
    ) as server:
        yield server


@pytest.fixture
def person(api: ApiServer) -> Person:
    """A new account, signed in."""
    return api.person()
