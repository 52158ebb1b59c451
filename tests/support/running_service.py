"""A real uvicorn on a real database, with a clock that tests can move and people who have a resume."""

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
import pytest
import uvicorn
from psycopg.types.json import Jsonb

from api.db.base import new_id
from api.main import create_app
from api.settings import Settings
from tests.support.databases import Database
from tests.support.samples import AD, DOCUMENT
from tests.support.shared_stack import SharedStack
from tests.support.written_words import PASSWORD, refusal_names_nobody

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MARKDOWN = "## Summary\n\nEngineer.\n\n## Work\n\n### Engineer, Example Ltd\n\n- Built `a*b` <b>things</b>\n"


@dataclass
class MovableClock:
    """The service's clock: real time plus what a test adds."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    @contextlib.contextmanager
    def moved(self, **by: float) -> Iterator[None]:
        """Move the clock for a while."""
        self.offset += timedelta(**by)
        try:
            yield
        finally:
            self.offset -= timedelta(**by)


@dataclass
class Person:
    """A registered account; `client` is signed in."""

    client: httpx.Client
    email: str
    token: str
    user_id: str
    database: Database

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.client.post(path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.client.put(path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.client.delete(path, **options)

    def with_profile(self, document: Mapping[str, Any] = DOCUMENT) -> Self:
        """Save a profile through the API."""
        answer = self.put("/api/profile", json=dict(document))
        assert answer.status_code == 200, answer.text
        return self

    def resume(self, **body: Any) -> dict[str, Any]:
        """Generate a resume through the API; the person needs a profile."""
        answer = self.post("/api/resume/generate", json={"jobDescription": AD, **body})
        assert answer.status_code == 201, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def consent(self, *purposes: str) -> None:
        body = {"consents": [{"purpose": purpose, "granted": True} for purpose in purposes]}
        assert self.put("/api/consents", json=body).status_code == 200

    def add_resume(
        self, *, title: str = "Platform engineer", family: str = "software_engineer", created_at: datetime | None = None
    ) -> str:
        """A resume with an ad and one version, put straight into the database."""
        resume_id, job_ad_id, created = new_id(), new_id(), created_at or datetime.now(UTC)
        with self.database.connect("DATABASE_URL") as connection:
            connection.execute(
                "insert into cvstomize.job_ads (id, user_id, body_text, text_sha256, job_family, seniority, region,"
                " analysis) values (%s, %s, 'Build things', %s, %s, 'mid', 'us', '{}')",
                [job_ad_id, self.user_id, secrets.token_hex(16), family],
            )
            connection.execute(
                "insert into cvstomize.resumes (id, user_id, job_ad_id, title, framing, provider, prompt_version,"
                " created_at, updated_at) values (%s, %s, %s, %s, 'neutral', 'composer', '1', %s, %s)",
                [resume_id, self.user_id, job_ad_id, title, created, created],
            )
            connection.execute(
                "insert into cvstomize.resume_versions (id, resume_id, version, body_markdown, content, source,"
                " warnings, profile_facts, training_eligible)"
                " values (%s, %s, 1, %s, '{}', 'generated', '[]', '{}', true)",
                [new_id(), resume_id, MARKDOWN],
            )
        return str(resume_id)

    def add_profile(self, document: dict[str, Any]) -> None:
        with self.database.connect("DATABASE_URL") as connection:
            connection.execute(
                "insert into cvstomize.profiles (id, user_id, document) values (%s, %s, %s)",
                [new_id(), self.user_id, Jsonb(document)],
            )


@dataclass
class Service:
    """A running API."""

    base_url: str
    database: Database
    clock: MovableClock
    settings: Settings

    def client(self, token: str | None = None, **options: Any) -> httpx.Client:
        """A client, signed in when a token is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        hooks = {"response": [refusal_names_nobody]}
        # Plain HTTP on loopback: without `verify=False` each client would read every certificate authority first.
        options = {"trust_env": False, "verify": False, "timeout": 30, "event_hooks": hooks} | options
        return httpx.Client(base_url=self.base_url, headers=headers, **options)

    def person(self, email: str | None = None) -> Person:
        email = email or f"{secrets.token_hex(6)}@example.com"
        with self.client() as client:
            answer = client.post("/api/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        token = answer.json()["accessToken"]
        client = self.client(token)
        return Person(client, email, token, client.get("/api/me").json()["id"], self.database)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.connect() as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]


def settings_for(database: Database, **changes: Any) -> Settings:
    """Settings of a test service; without storage unless a test asks for it."""
    values: dict[str, Any] = {
        "environment": "test",
        "log_level": "info",
        "rate_limit_scale": 0,
        "database_url": database.app_url,
        "eraser_database_url": database.eraser_url,
        "gcp_project_id": "test",
        "enable_cloud_storage": False,
        "auth_token_secret": "t" * 40,
        "link_signing_key": "k" * 40,
        "public_base_url": "http://testserver",
    }
    return Settings(**(values | changes))


@contextlib.contextmanager
def running_service(database: Database, **changes: Any) -> Iterator[Service]:
    """The API on a free loopback port, in a thread of this process so that its clock can be moved."""
    clock, settings = MovableClock(), settings_for(database, **changes)
    config = uvicorn.Config(
        create_app(settings, clock=clock),
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        assert time.monotonic() < deadline, "the service did not start in time"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Service(f"http://127.0.0.1:{port}", database, clock, settings)
    finally:
        server.should_exit = True
        thread.join(timeout=15)


@pytest.fixture(scope="module")
def service(database: Database) -> Iterator[Service]:
    """The API without storage."""
    with running_service(database) as running:
        yield running


@pytest.fixture(scope="module")
def stored_service(database: Database, storage_stack: SharedStack) -> Iterator[Service]:
    """The API with the Cloud Storage emulator."""
    environment = storage_stack.environment()
    names = ("GCS_RESUMES_BUCKET", "GCS_UPLOADS_BUCKET", "STORAGE_EMULATOR_HOST", "GCP_PROJECT_ID")
    with running_service(database, enable_cloud_storage=True, **{n.lower(): environment[n] for n in names}) as running:
        yield running


@pytest.fixture
def person(service: Service) -> Person:
    """Somebody with an account."""
    return service.person()
