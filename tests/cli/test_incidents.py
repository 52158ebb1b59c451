"""What went wrong at the service before this one, each incident as a test that would have stopped it."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from api.db.url import parse_database_url
from local.stack.addresses import libpq_address
from tests.support.child_service import child_service
from tests.support.databases import Database
from tests.support.service_settings import least_settings

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("api", "renderer", "pipelines", "migrations", "cli")  # deploy/rehearse.py plays Cloud Run, which does set it
CLOUD_RUN_GRACE_SECONDS = 10


def serve(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "serve"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_first_deployment_failed_because_database_url_was_missing() -> None:
    """It crashed on the first query, with a traceback. Here nothing starts, and the log says all that is needed."""
    ended = serve({})
    assert ended.returncode == 78
    assert "Traceback" not in ended.stderr
    for name in ("DATABASE_URL", "GCP_PROJECT_ID", "LINK_SIGNING_KEY"):
        assert f"{name}: is missing; example: " in ended.stderr


def test_second_deployment_failed_because_port_was_set_by_hand() -> None:
    """PORT is read in one place, and no code and no specification sets it."""
    readers = []
    for room in ROOMS:
        for path in (PROJECT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and node.value == "PORT":
                    readers.append(str(path.relative_to(PROJECT)))
    assert readers == []  # pydantic reads it by the name of the field
    settings = (PROJECT / "api/settings.py").read_text()
    assert settings.count("port: int = Field(8080") == 1


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://cvstomize_app:p%40ss@127.0.0.1:5432/cvstomize",
        "postgres://cvstomize_app:p@db.example/cvstomize?sslmode=require",
        "postgresql://cvstomize_app:p@/cvstomize?host=/cloudsql/my-project:europe-west1:cvstomize",
    ],
    ids=["TCP", "TLS", "Cloud SQL socket"],
)
def test_both_kinds_of_database_urls_work(url: str) -> None:
    parsed = parse_database_url(url)
    assert parsed.database == "cvstomize"
    assert parsed.host or parsed.query["host"]


def test_a_pool_larger_than_the_database_grants_is_refused_at_start(database: Database, tmp_path: Path) -> None:
    with psycopg.connect(libpq_address(database.superuser_url), autocommit=True) as connection:
        connection.execute(f"alter database {database.name} connection limit 7")
    ended = serve(least_settings(database) | {"DATABASE_POOL_SIZE": "8"})
    assert ended.returncode == 78
    assert "DATABASE_POOL_SIZE: 8 connections for one process, but the database grants this role 7" in ended.stderr
    with child_service(database, tmp_path, DATABASE_POOL_SIZE="7") as service, service.client() as client:
        assert client.get("/health").status_code == 200


def test_it_stops_within_the_ten_seconds_of_cloud_run(database: Database, tmp_path: Path) -> None:
    with child_service(database, tmp_path) as service:
        started = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        code = service.process.wait(timeout=CLOUD_RUN_GRACE_SECONDS)
        assert time.monotonic() - started < CLOUD_RUN_GRACE_SECONDS
    assert code in (0, -signal.SIGTERM)


def test_a_database_that_is_away_at_start_is_told_by_readiness_and_does_not_stop_the_start(
    database: Database, tmp_path: Path
) -> None:
    away = "postgresql://cvstomize_app:p@127.0.0.1:1/cvstomize"
    with child_service(database, tmp_path, DATABASE_URL=away) as service, service.client() as client:
        assert client.get("/health").status_code == 200
        assert client.get("/health/ready").status_code == 503
