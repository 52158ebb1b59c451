"""What a collector receives from a running API and from a round of the worker, and that it says what happened."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth.transport.requests import AuthorizedSession
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.db.base import new_id
from api.generation.vertex.circuit import CircuitBreaker
from api.outbox.worker import Worker
from api.telemetry.measures import MEASURES
from api.telemetry.providers import Telemetry, google_session
from local.stack.ports import free_port
from tests.support.child_service import child_service
from tests.support.databases import Database
from tests.support.otlp_collector import Collector, collector
from tests.support.running_service import settings_for
from tests.support.samples import AD, DOCUMENT
from tests.support.service_settings import least_settings

pytestmark = pytest.mark.slow

OF_THE_API = {
    name for name in MEASURES if not name.startswith(("cvstomize_outbox", "cvstomize_check", "cvstomize_exp"))
}


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    with collector() as running:
        yield running


def wait_for(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 8
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def api(database: Database, collected: Collector, tmp_path_factory: pytest.TempPathFactory) -> Collector:
    """The API with a model that is down and one connection: resumes, a PDF, a refused one, a queue at the database."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collected.url,
        "OTEL_METRIC_EXPORT_INTERVAL": "200",
        "OTEL_RESOURCE_ATTRIBUTES": "cloud.region=europe-west1",
        "VERTEX_MODEL": "gemini-2.5-flash",
        "VERTEX_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "DATABASE_POOL_SIZE": "1",
    }
    with child_service(database, tmp_path_factory.mktemp("service"), **settings) as service:
        account = {"email": "ada@example.com", "password": "correct horse battery", "displayName": "Ada Example"}
        token = service.client().post("/api/auth/register", json=account).json()["accessToken"]
        client = service.client(token)
        assert client.put("/api/profile", json=DOCUMENT).status_code == 200
        for _ in range(CircuitBreaker.threshold + 1):
            resume = client.post("/api/resume/generate", json={"jobDescription": AD}).json()
        assert client.get(f"/api/resume/{resume['id']}/download").status_code == 200
        wait_for(lambda: collected.highest("cvstomize_model_breakers", state="open") == 1)
        with database.connect() as other:
            other.execute("lock table cvstomize.users in access exclusive mode")
            answers: list[int] = []
            threads = [
                threading.Thread(target=lambda: answers.append(service.client(token).get("/api/me").status_code))
                for _ in range(2)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=20)
            other.rollback()
        assert answers == [503, 503]
        service.terminate()
        service.process.wait(timeout=12)
    return collected


def test_every_measure_of_the_api_arrives(api: Collector) -> None:
    assert {point.name for point in api.points()} >= OF_THE_API


def test_requests_are_counted_with_the_refusals_of_the_edges(api: Collector) -> None:
    assert (api.highest("cvstomize_request_duration_seconds", status_class="2xx") or 0) > 8
    assert api.highest("cvstomize_request_duration_seconds", status_class="5xx") == 2


def test_renders_are_counted_by_outcome(api: Collector) -> None:
    assert (api.highest("cvstomize_render_duration_seconds", outcome="done") or 0) >= 1


def test_a_model_that_is_down_is_seen_three_times(api: Collector) -> None:
    asked = CircuitBreaker.threshold
    assert api.highest("cvstomize_model_answers_total", outcome="server_error") == asked
    assert api.highest("cvstomize_model_answers_total", outcome="circuit_open") == 1
    assert api.highest("cvstomize_model_fallbacks_total", writer="composer") == asked + 1
    assert api.highest("cvstomize_model_breakers", state="open") == 1


def test_a_queue_at_the_database_is_seen(api: Collector) -> None:
    assert api.highest("cvstomize_database_connections", state="limit") == 1
    assert api.highest("cvstomize_database_connections", state="in_use") == 1
    assert api.highest("cvstomize_database_connections", state="waiting") == 1
    assert api.highest("cvstomize_database_refusals_total") == 1


def work_once(database: Database, endpoint: str) -> int:
    environment = least_settings(database) | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "MAIL_SENDER": "smtp",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(free_port()),
    }
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "work", "--once"],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        timeout=60,
        check=False,
    ).returncode


def put_message(database: Database, kind: str, *, created: datetime, attempts: int, available: datetime) -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into cvstomize.outbox (id, kind, deduplication_key, payload, attempts, available_at, created_at)"
            " values (%(id)s, %(kind)s, %(id)s, '{}', %(attempts)s, %(available)s, %(created)s)",
            {"id": new_id(), "kind": kind, "attempts": attempts, "available": available, "created": created},
        )


def send_check_ins(database: Database, *, days_ago: int, sent: int, answered: int) -> None:
    """Check-ins of one sample resume that were sent on a day."""
    with database.connect() as connection:
        connection.execute(
            "with resume as (select id from cvstomize.resumes order by id limit 1), numbers as ("
            "  select row_number() over () as number from generate_series(1, %(sent)s)), made as ("
            "  insert into cvstomize.resumes (id, user_id, job_ad_id, title, framing, provider, prompt_version)"
            "  select gen_random_uuid(), user_id, job_ad_id, title, framing, provider, prompt_version"
            "  from cvstomize.resumes join resume using (id), numbers returning id)"
            " insert into cvstomize.check_ins (id, resume_id, day, due_at, sent_at, answered_at)"
            " select gen_random_uuid(), id, 14, %(when)s, %(when)s,"
            " case when row_number() over () <= %(answered)s then now() end from made",
            {"sent": sent, "answered": answered, "when": datetime.now(UTC) - timedelta(days=days_ago)},
        )


def test_the_worker_says_how_long_work_has_waited_and_who_answers(api: Collector, database: Database) -> None:
    now = datetime.now(UTC)
    # Nobody here may erase, so this waits; what failed before and is put off counts from the day it was put in.
    put_message(database, "erasure", created=now - timedelta(hours=2), attempts=0, available=now - timedelta(hours=2))
    put_message(
        database, "check_in_mail", created=now - timedelta(hours=5), attempts=4, available=now + timedelta(hours=1)
    )
    put_message(database, "erasure_sweep", created=now, attempts=0, available=now + timedelta(hours=1))
    send_check_ins(database, days_ago=10, sent=40, answered=10)
    send_check_ins(database, days_ago=3, sent=40, answered=0)
    with collector() as collected:
        assert work_once(database, collected.url) == 0
        assert {point.service for point in collected.points()} == {"cvstomize-worker"}
        age = {
            kind: collected.highest("cvstomize_outbox_age_seconds", kind=kind)
            for kind in ("erasure", "check_in_mail", "erasure_sweep")
        }
        waiting = {point.labels["kind"]: point.value for point in collected.points("cvstomize_outbox_waiting")}
        ratio = collected.highest("cvstomize_check_in_response_ratio")
    assert age["erasure"] == pytest.approx(7_200, abs=60)
    assert age["check_in_mail"] == pytest.approx(18_000, abs=60)
    assert age["erasure_sweep"] == 0
    assert waiting == {"erasure": 1, "check_in_mail": 1, "erasure_sweep": 0}
    assert ratio == 0.25


def test_a_worker_with_nothing_to_do_still_says_so_and_tells_nothing_of_few_people(
    api: Collector, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute("delete from cvstomize.outbox")
        connection.execute(
            "delete from cvstomize.check_ins where id in (select id from cvstomize.check_ins"
            " where sent_at < now() - interval '7 days' offset 19)"
        )
    reader = InMemoryMetricReader()
    telemetry = Telemetry.to(InMemorySpanExporter(), reader)

    async def round_once() -> None:
        worker = Worker.open(settings_for(database), measures=telemetry.measures)
        await worker.measure()
        await worker.close()

    asyncio.run(round_once())
    data = reader.get_metrics_data()
    assert data is not None
    ages = {
        metric.name: [point.value for point in metric.data.data_points]
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if metric.name.startswith(("cvstomize_outbox_age", "cvstomize_check_in"))
    }
    assert ages == {"cvstomize_outbox_age_seconds": [0.0, 0.0, 0.0]}


def test_each_process_has_a_name_of_its_own(api: Collector) -> None:
    [one] = {point.instance for point in api.points()}
    telemetry = Telemetry.from_endpoint("http://127.0.0.1:1")
    assert telemetry.meters is not None
    assert telemetry.meters._sdk_config.resource.attributes["service.instance.id"] != one
    telemetry.close(1)


@pytest.mark.parametrize(
    "endpoint",
    ["http://telemetry.googleapis.com", "https://telemetry.googleapis.com.example", "http://127.0.0.1:4318"],
)
def test_a_token_of_google_goes_to_google_only(endpoint: str) -> None:
    assert google_session(endpoint) is None


@pytest.fixture
def service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service account as a file, made for this test; no token is asked for."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "client_email": "api@example.com",
        "token_uri": "http://127.0.0.1:1",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))


@pytest.mark.usefixtures("service_account")
def test_google_gets_a_token_of_the_service_account() -> None:
    session = google_session("https://telemetry.googleapis.com")
    assert isinstance(session, AuthorizedSession)
    assert session.credentials.service_account_email == "api@example.com"


def test_a_service_without_an_account_serves_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    assert Telemetry.from_endpoint("https://telemetry.googleapis.com").meters is None
