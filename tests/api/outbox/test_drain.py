"""The outbox: every message once, failures later, crashes after their lease, and the commands that drain it."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from api.db.tables import OutboxMessage
from api.outbox.drain import Handler, drain
from api.outbox.mail import Mail, as_message
from api.outbox.repository import LEASE, OutboxRepository
from api.outbox.settings import MailSettings
from api.resources import Resources
from tests.support.running_service import MovableClock, Service


async def put(resources: Resources, kind: str, count: int) -> None:
    now = resources.clock()
    async with resources.database.transaction() as session:
        for number in range(count):
            await OutboxRepository(session).put(
                kind, f"{kind}:{number}", {"number": number}, user_id=None, available_at=now, now=now
            )


def test_two_workers_handle_each_message_once(service: Service) -> None:
    seen: Counter[int] = Counter()

    async def handle(message: OutboxMessage) -> None:
        await asyncio.sleep(0.002)
        seen[message.payload["number"]] += 1

    async def scenario() -> None:
        workers = [Resources.open(service.settings) for _ in range(2)]
        await put(workers[0], "twice", 30)
        await put(workers[0], "twice", 30)
        await asyncio.gather(*(drain(worker, {"twice": Handler(handle)}) for worker in workers))
        for worker in workers:
            await worker.close()

    asyncio.run(scenario())
    assert seen == Counter(range(30))
    rows = service.rows("select payload, user_id from cvstomize.outbox where kind = 'twice'")
    assert rows == [({}, None)] * 30


def test_failures_wait_longer_each_time_and_are_given_up(service: Service) -> None:
    clock, attempts = MovableClock(), []

    async def fails(message: OutboxMessage) -> None:
        attempts.append(message.attempts)
        raise ValueError("canary text that must not be stored")

    async def scenario() -> None:
        resources = Resources.open(service.settings, clock=clock)
        await put(resources, "fails", 1)
        for _ in range(6):
            await drain(resources, {"fails": Handler(fails, max_attempts=3)})
            clock.offset += timedelta(seconds=20)
        await resources.close()

    asyncio.run(scenario())
    assert attempts == [1, 2, 3]
    rows = service.rows("select done_at is not null, last_error_code from cvstomize.outbox where kind = 'fails'")
    assert rows == [(True, "ValueError")]


def test_a_crashed_worker_s_message_comes_back_after_its_lease(service: Service) -> None:
    clock, seen = MovableClock(), []

    async def handle(message: OutboxMessage) -> None:
        seen.append(message.id)

    async def scenario() -> None:
        resources = Resources.open(service.settings, clock=clock)
        await put(resources, "crash", 1)
        async with resources.database.transaction() as session:
            assert await OutboxRepository(session).claim(["crash"], clock()) is not None
        assert await drain(resources, {"crash": Handler(handle)}) == 0
        clock.offset += LEASE
        assert await drain(resources, {"crash": Handler(handle)}) == 1
        await resources.close()

    asyncio.run(scenario())
    assert len(seen) == 1


def test_headers_cannot_be_injected() -> None:
    mail = Mail("ada@example.com", "What became of “A\r\nBcc: eve@example.com”?", "text", "https://cv.example/c/x")
    message = as_message(mail, "CVstomize <no-reply@cv.example>")
    assert message["Bcc"] is None
    assert "\n" not in str(message["Subject"])


def test_smtp_needs_a_host() -> None:
    with pytest.raises(ValidationError, match="SMTP_HOST"):
        MailSettings(mail_sender="smtp")


def command(service: Service, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """A `cvstomize` command with the settings of the running service."""
    settings = service.settings
    secret, eraser = settings.auth_token_secret, settings.eraser_database_url
    environment = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "ERASER_DATABASE_URL": eraser.get_secret_value() if eraser else "",
        "GCP_PROJECT_ID": "test",
        "ENABLE_CLOUD_STORAGE": "false",
        "AUTH_TOKEN_SECRET": secret.get_secret_value() if secret else "",
        "LINK_SIGNING_KEY": settings.link_signing_key.get_secret_value(),
        "PUBLIC_BASE_URL": "http://testserver",
    }
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env={name: value for name, value in (environment | changes).items() if value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_work_once_prints_a_due_check_in_to_the_console(service: Service) -> None:
    person = service.person()
    person.add_resume(title="Night porter", created_at=datetime.now(UTC) - timedelta(days=15))
    filled = command(service, "work", "--fill-only")
    assert filled.returncode == 0, filled.stderr
    assert "mail to" not in filled.stdout
    drained = command(service, "work", "--once")
    assert drained.returncode == 0, drained.stderr
    assert f"mail to {person.email}" in drained.stdout
    assert "Night porter" in drained.stdout
    assert f"mail to {person.email}" not in command(service, "work", "--once").stdout


def test_erase_does_what_was_asked_for(service: Service) -> None:
    person = service.person()
    person.add_resume()
    assert person.delete("/api/me").status_code == 202
    done = command(service, "erase")
    assert done.returncode == 0, done.stderr
    assert "operational_erased" in done.stdout
    assert service.rows("select count(*) from cvstomize.users where id = %s", person.user_id) == [(0,)]


def test_missing_settings_exit_78(service: Service) -> None:
    for arguments, name in ((("work", "--once"), "DATABASE_URL"), (("erase",), "ERASER_DATABASE_URL")):
        failed = command(service, *arguments, **{name: ""})
        assert failed.returncode == 78
        assert name in failed.stderr
