"""The real application under a real uvicorn on a free port, for black-box tests."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import httpx
import uvicorn

from api.main import create_app
from api.settings import Settings

START_SECONDS = 20.0
PASSWORD = "a long enough password"
KEY = "k" * 40
NUMBERS = itertools.count(1)

DOCUMENT: dict[str, Any] = {
    "basics": {
        "name": "Ada Example",
        "label": "Backend Engineer",
        "email": "ada@example.com",
        "phone": "+1 415 555 0134",
    },
    "work": [
        {
            "name": "Harbor Data",
            "position": "Backend Engineer",
            "startDate": "2021-03",
            "highlights": [
                "Designed a Python and FastAPI booking service that handles 3,000 requests a second",
                "Cut PostgreSQL query time by 62% with covering indexes",
                "Mentored four engineers in weekly pairing",
            ],
        },
        {
            "name": "Willow Clinic",
            "position": "Software Engineer",
            "startDate": "2017",
            "endDate": "2021-02",
            "highlights": ["Built a Django API for reminders used by 41 clinics", "Wrote the on-call runbook"],
        },
    ],
    "education": [
        {"institution": "Lakeside Institute", "studyType": "BSc", "area": "Computer Science", "endDate": "2017"}
    ],
    "skills": [
        {"name": "Languages", "keywords": ["Python", "SQL"]},
        {"name": "Tools", "keywords": ["PostgreSQL", "Docker"]},
    ],
}
AD = """Senior Backend Engineer at Cedar Logistics
Location: Portland, OR, United States

Requirements
- 4+ years of Python, FastAPI
- PostgreSQL, Docker

Nice to have: Kafka, Terraform
"""


class MovableClock:
    """The clock of a test: real time plus what the test adds."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class Person:
    """A registered account with a client that is signed in."""

    client: httpx.Client
    email: str
    token: str

    def with_profile(self, document: Mapping[str, Any] = DOCUMENT) -> Person:
        """Save a profile."""
        answer = self.client.put("/api/profile", json=dict(document))
        assert answer.status_code == 200, answer.text
        return self

    def resume(self, **body: Any) -> dict[str, Any]:
        """Generate a resume; the person needs a profile."""
        answer = self.client.post("/api/resume/generate", json={"jobDescription": AD, **body})
        assert answer.status_code == 201, answer.text
        result: dict[str, Any] = answer.json()
        return result


class ApiServer:
    """uvicorn in a thread. `settings` override the test defaults; `clock` can be moved."""

    def __init__(self, database_url: str, **settings: Any) -> None:
        self.clock = MovableClock()
        values: dict[str, Any] = {
            "environment": "test",
            "log_level": "error",
            "rate_limit_scale": 0,
            "database_url": database_url,
            "gcp_project_id": "cvstomize-test",
            "enable_cloud_storage": False,
            "auth_token_secret": KEY,
            "link_signing_key": KEY,
            **settings,
        }
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        values.setdefault("public_base_url", self.base_url)
        self.settings = Settings(**values)
        self.app = create_app(self.settings, clock=self.clock)
        self._server = uvicorn.Server(
            uvicorn.Config(self.app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._clients: list[httpx.Client] = []

    def __enter__(self) -> ApiServer:
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the API did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(START_SECONDS)
        self._socket.close()

    def client(self, token: str | None = None, **arguments: Any) -> httpx.Client:
        """A client, signed in when a token is given. Closed with the server."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.Client(base_url=self.base_url, headers=headers, timeout=30, trust_env=False, **arguments)
        self._clients.append(client)
        return client

    def person(self) -> Person:
        """Register a new account."""
        email = f"person-{next(NUMBERS)}-{time.monotonic_ns()}@example.com"
        answer = self.client().post("/api/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        token = answer.json()["accessToken"]
        return Person(self.client(token), email, token)
