"""`cvstomize doctor` as an operator runs it, against real services that are right and wrong in one thing each."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from api.settings import Settings
from cli import diagnosis, model_diagnosis
from cli.diagnosis import FaultError, SkippedError, look
from local.stack.addresses import libpq_address
from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.settings import load_settings
from tests.support.databases import Database
from tests.support.shared_stack import SharedStack

PROJECT = Path(__file__).resolve().parents[2]


def doctor(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "doctor"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": "/tmp"} | environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture(scope="module")
def environment(storage_stack: SharedStack, database: Database) -> dict[str, str]:
    without_warehouse = {name: value for name, value in storage_stack.environment().items() if "EXPORT" not in name}
    return without_warehouse | database.urls | {"DATABASE_POOL_SIZE": "2"}


@pytest.fixture(scope="module")
def settings(environment: dict[str, str]) -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in environment.items()})


def test_a_healthy_installation(environment: dict[str, str]) -> None:
    done = doctor(environment)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0].split(maxsplit=1)[1] for line in lines if line.startswith("ok")][:6] == [
        "settings", "database role", "migrations", "connections", "resumes bucket", "uploads bucket",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in lines if line.startswith("skipped")] == [
        "skipped warehouse",
        "skipped model",
        "skipped tuning",
    ]


def test_settings_are_all_named_and_nothing_else_is_tried() -> None:
    done = doctor({})
    assert done.returncode == 78
    assert all(name in done.stderr for name in ("DATABASE_URL", "GCP_PROJECT_ID", "LINK_SIGNING_KEY"))


def test_a_fault_is_one_line_with_its_remedy_and_the_others_go_on(environment: dict[str, str]) -> None:
    done = doctor(environment | {"GCS_UPLOADS_BUCKET": "no-such-bucket", "DATABASE_POOL_SIZE": "100"})
    assert done.returncode == 1
    faults = [line for line in done.stdout.splitlines() if line.startswith("FAULT")]
    assert [line.split(":")[0].split(maxsplit=1)[1] for line in faults] == ["connections", "uploads bucket"]
    assert all(" -> " in line for line in faults)
    assert "DATABASE_POOL_SIZE" in faults[0]


def test_a_server_that_is_not_there_is_a_fault_without_its_password(environment: dict[str, str]) -> None:
    done = doctor(environment | {"DATABASE_URL": "postgresql://cvstomize_app:s3cret@127.0.0.1:1/cvstomize"})
    assert done.returncode == 1
    assert "s3cret" not in done.stdout + done.stderr
    assert "FAULT   database role: no connection" in done.stdout


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("MIGRATOR_DATABASE_URL", "connects as cvstomize_migrator"),
        ("PIPELINE_DATABASE_URL", "connects as cvstomize_pip"),
    ],
)
def test_another_role_is_a_fault(settings: Settings, database: Database, setting: str, words: str) -> None:
    wrong = settings.model_copy(update={"database_url": type(settings.database_url)(database.urls[setting])})
    with pytest.raises(FaultError, match=words):
        diagnosis.database_role(wrong)


@pytest.mark.parametrize(
    ("change", "undo", "words"),
    [
        ("revoke insert on {table} from {app}", "grant insert on {table} to {app}", "may not write"),
        ("grant create on schema {schema} to {app}", "revoke create on schema {schema} from {app}", "may change"),
    ],
)
def test_rights_that_are_missing_or_too_many(
    settings: Settings, database: Database, change: str, undo: str, words: str
) -> None:
    names = {"table": "cvstomize.resumes", "schema": "cvstomize", "app": "cvstomize_app"}
    with psycopg.connect(libpq_address(database.superuser_url), autocommit=True) as connection:
        connection.execute(change.format(**names).encode())
        with pytest.raises(FaultError, match=words):
            diagnosis.database_role(settings)
        connection.execute(undo.format(**names).encode())
    assert "owns nothing" in diagnosis.database_role(settings)


def test_a_clock_that_is_wrong(settings: Settings) -> None:
    with pytest.raises(FaultError, match="differ by 60 s"):
        diagnosis.clock(settings, now=lambda: datetime.now(UTC) + timedelta(seconds=60))


def test_an_unknown_model_and_storage_that_is_off(settings: Settings) -> None:
    with pytest.raises(FaultError, match="not a known model"):
        model_diagnosis.vertex(settings.model_copy(update={"vertex_model": "gemini-99"}))
    with pytest.raises(SkippedError):
        diagnosis.bucket(settings.model_copy(update={"enable_cloud_storage": False}), "any")


def test_an_unforeseen_error_is_a_finding() -> None:
    def broken() -> str:
        raise RuntimeError("secret detail")

    finding = look("x", broken)
    assert (finding.ok, finding.detail) == (False, "RuntimeError")


def test_a_warehouse_that_is_there_and_one_that_is_not(stack: SharedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stack.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BIGQUERY_DATASET", "nowhere")
    with pytest.raises(FaultError, match="nowhere_raw"):
        diagnosis.warehouse()
    settings = load_settings()
    bigquery_client(settings).create_dataset(settings.raw_dataset)
    assert diagnosis.warehouse() == "dataset nowhere_raw exists"
