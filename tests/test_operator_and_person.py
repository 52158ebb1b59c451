"""From an empty server to an erased person, as the operator and one person walk it: one test, every door real.

`make test` walks a part of it with 80 people (`test_end_to_end.py`): too few for a dataset. Here are as many people as
a dataset, a tuning run and an evaluation need. The one liberty is time: a person's application is made fifteen days
older, as a superuser, so that a check-in is due, and the sweep after an erasure is not waited for.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pypdf
import pytest

from local.demo.cohort_loader import load_cohort, refresh_statistics
from local.demo.inputs import SAMPLES, load_inputs
from local.demo.services import api_running, run_nightly
from local.demo.walk import PASSWORD, TEMPLATES, Walker
from local.stack import EmbeddedStack
from local.stack.addresses import ROLE_OF_SETTING, libpq_address
from local.stack.ports import free_port
from local.vertex.stand_in import VertexStandIn
from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.settings import load_settings
from tests.support.residue_scan import scan_bigquery, scan_postgres, scan_storage

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1500)]

PROJECT = Path(__file__).resolve().parents[1]
PEOPLE = int(os.environ.get("WALK_PEOPLE") or "2500")
SEED = 7_001
CANARY = "Zephyrine Quillfeather"
PSEUDONYM_STAYS = {"cvstomize.erasure_requests", "cvstomize.deletions"}
"""The proof that somebody was erased, and the ledger that tells every copy what to delete."""
LAYERS = ("raw", "load", "staging", "core", "marts")
SECRETS = {
    "DATABASE_URL": "cvstomize-database-url",
    "ERASER_DATABASE_URL": "cvstomize-eraser-database-url",
    "MIGRATOR_DATABASE_URL": "cvstomize-migrator-database-url",
    "PIPELINE_DATABASE_URL": "cvstomize-pipeline-database-url",
    "ANALYST_DATABASE_URL": "cvstomize-analyst-database-url",
}


@dataclass
class Operator:
    """Somebody with a shell, the settings of the installation, and the superuser's address for what time does."""

    environment: dict[str, str]
    superuser_url: str

    def cvstomize(self, *arguments: str, code: int = 0) -> str:
        """What a command says. Its exit code must be the expected one."""
        return self.shell("-m", "cli.main", *arguments, code=code)

    def shell(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def sql(self, statement: str, *values: object, setting: str | None = None) -> list[tuple[Any, ...]]:
        url = self.environment[setting] if setting else self.superuser_url
        with psycopg.connect(libpq_address(url), connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def night(self) -> list[str]:
        """The nightly run, for the first of the next month so that today counts; what it says."""
        now, lines = datetime.now(UTC), list[str]()
        year, month = (now.year, now.month + 1) if now.month < 12 else (now.year + 1, 1)
        run_nightly(self.environment, f"{year}-{month:02d}-01T00:00:00Z", lines.append)
        return lines

    def bigquery(self, statement: str) -> list[tuple[Any, ...]]:
        client = bigquery_client(load_settings())
        return [tuple(row.values()) for row in client.query(statement, timeout=60).result(timeout=60)]


@pytest.fixture(scope="module")
def stack() -> Iterator[EmbeddedStack]:
    """An empty server, emulators and buckets. Its folder is outside pytest's own: PostgreSQL runs as another user."""
    with tempfile.TemporaryDirectory(prefix="cvstomize-walk-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        with EmbeddedStack(Path(name)) as started:
            yield started


def deploy(stack: EmbeddedStack, vertex: VertexStandIn, folder: Path) -> Operator:
    """The order of docs/operations.md: roles, check, migrate, doctor."""
    stack.prepare_roles()  # the database, which `gcloud sql databases create` makes; its passwords are replaced below
    assert stack.superuser_url is not None
    environment = stack.environment() | {
        "VERTEX_BASE_URL": vertex.base_url,
        "VERTEX_PROJECT": "cvstomize-local",
        "RATE_LIMIT_SCALE": "0",
        "ADMIN_DATABASE_URL": libpq_address(stack.superuser_url),
    }
    operator = Operator(environment, stack.superuser_url)
    operator.cvstomize("bootstrap", "--folder", str(folder / "addresses"))
    assert SECRETS.keys() == ROLE_OF_SETTING.keys()
    environment |= {setting: (folder / "addresses" / name).read_text() for setting, name in SECRETS.items()}
    del environment["ADMIN_DATABASE_URL"]
    assert "pending: 0001" in operator.cvstomize("migrate", "--check", code=10)
    operator.cvstomize("migrate")
    operator.cvstomize("migrate", "--check")
    return operator


def fifteen_days_pass(operator: Operator, user_id: str) -> None:
    """Everything that this person did becomes fifteen days older."""
    operator.sql(
        "update cvstomize.resumes set created_at = created_at - interval '15 days',"
        " first_downloaded_at = first_downloaded_at - interval '15 days' where user_id = %s",
        user_id,
    )
    operator.sql(
        "update cvstomize.outcome_events set occurred_at = occurred_at - interval '15 days',"
        " recorded_at = recorded_at - interval '15 days'"
        " where resume_id in (select id from cvstomize.resumes where user_id = %s)",
        user_id,
    )


def answer_check_in(operator: Operator, base_url: str) -> None:
    """The worker's mail, and the click on its second answer: an offer."""
    operator.environment["PUBLIC_BASE_URL"] = base_url
    mail = operator.cvstomize("work", "--once")
    assert mail.count("--- mail to ") == 1, mail
    links = re.findall(rf"{re.escape(base_url)}/c/\S+", mail)
    with httpx.Client(timeout=30, trust_env=False) as reader:
        assert "<form" in reader.get(links[1]).text
        assert "Thank you" in reader.post(links[1]).text
    assert operator.cvstomize("work", "--once").count("--- mail to ") == 0


def everywhere(operator: Operator, needles: dict[str, str]) -> set[tuple[str, str]]:
    """(needle, place) over Postgres, Cloud Storage and BigQuery."""
    with psycopg.connect(libpq_address(operator.superuser_url)) as connection:
        found = scan_postgres(connection, needles)
    found |= scan_storage(operator.environment["STORAGE_EMULATOR_HOST"], needles)
    return found | scan_bigquery(bigquery_client(load_settings()), [f"cvstomize_{layer}" for layer in LAYERS], needles)


def test_from_an_empty_server_to_an_erased_person(
    stack: EmbeddedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = load_inputs(SAMPLES)
    ada = inputs.people[0]
    document = {**ada.document, "basics": {**ada.document["basics"], "name": CANARY}}
    person = replace(ada, name="walker", document=document, data=json.dumps(document).encode())
    with VertexStandIn(tmp_path / "vertex", storage_host=stack.environment()["STORAGE_EMULATOR_HOST"]) as vertex:
        operator = deploy(stack, vertex, tmp_path)
        for name, value in operator.environment.items():
            monkeypatch.setenv(name, value)
        with api_running(operator.environment, free_port()) as base_url:
            for layer in LAYERS:  # as deploy/provision.sh does
                bigquery_client(load_settings()).create_dataset(f"cvstomize_{layer}", timeout=30)
            assert "FAULT" not in operator.cvstomize("doctor")
            # Register, consent, import, 11 questions, analyse, generate, three PDFs, share, report an interview.
            walked = Walker(base_url, person, tmp_path, 1).walk(inputs.jobs[:1], lambda _: None)
            [resume] = walked.resumes
            assert len(walked.pdfs) == len(TEMPLATES)
            for path in walked.pdfs:
                assert CANARY in " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
            [(user_id, person_key)] = operator.sql("select id::text, person_key from cvstomize.users")
            fifteen_days_pass(operator, user_id)
            answer_check_in(operator, base_url)
            events = "select kind, source from cvstomize.outcome_events where resume_id = %s order by recorded_at, id"
            assert operator.sql(events, resume["id"]) == [
                ("applied", "report"), ("interview", "report"), ("offer", "check_in"),
            ]  # fmt: skip

            # The others, and a night: export, marts on both targets, dataset, tuning run.
            load_cohort(
                libpq_address(operator.environment["DATABASE_URL"]), PEOPLE, SEED, datetime.now(UTC), lambda _: None
            )
            refresh_statistics(libpq_address(operator.superuser_url))
            operator.night()
            counts = "select count(*), sum(people) from {}.time_to_interview where group_by = 'framing'"
            [postgres] = operator.sql(counts.format("marts"), setting="ANALYST_DATABASE_URL")
            [warehouse] = operator.bigquery(counts.format("cvstomize_marts"))
            assert postgres[0] > 0
            assert tuple(map(int, postgres)) == tuple(map(int, warehouse))
            own = "select count(*) from cvstomize_raw.outcome_events where person_key = @key"
            assert operator.bigquery(own.replace("@key", f"'{person_key}'")) == [(3,)]
            assert operator.sql("select status from cvstomize.datasets where kind = 'supervised'") == [("uploaded",)]
            assert operator.sql("select state, synthetic from cvstomize.tuning_runs") == [("JOB_STATE_SUCCEEDED", True)]

            # Evaluated as the sensor would have it, promoted, and the next resume is the model's.
            operator.shell("-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", "track_tuning")
            [(model, endpoint, evaluation)] = operator.sql("select name, endpoint, evaluation from cvstomize.models")
            assert evaluation["verdict"] == "promotable", evaluation["reasons"]
            assert "not evaluated" not in operator.cvstomize("model", "list")
            operator.cvstomize("model", "promote", model, "--share", "1")
            with httpx.Client(base_url=base_url, timeout=60, trust_env=False) as api:
                account = {"email": "demo-walker@example.com", "password": PASSWORD}
                api.headers["Authorization"] = (
                    f"Bearer {api.post('/api/auth/login', json=account).json()['accessToken']}"
                )
                written = api.post("/api/resume/generate", json={"jobDescription": inputs.jobs[1].text})
                assert written.status_code == 201, written.text
                assert written.json()["degraded"] is False
                who = "select provider, model, error_code from cvstomize.generation_runs order by created_at"
                assert operator.sql(who) == [("composer", None, None), ("vertex", endpoint, None)]

                # Gone: from the service at once, from every copy with the next night, from the model that learnt.
                receipt = api.delete("/api/me").json()["receipt"]
                assert api.get("/api/me").status_code == 401
                operator.cvstomize("erase")
                operator.sql("update cvstomize.outbox set available_at = now() where done_at is null")
                operator.cvstomize("erase")
                operator.night()
                operator.cvstomize("erase")
                operator.cvstomize("model", "retire")
                assert api.get(f"/api/erasures/{receipt}").json()["status"] == "models_retired"
        words = {"name": CANARY, "mail": "demo-walker@example.com"}
        ids = {"user": user_id, "pseudonym": person_key, "resume": resume["id"]}
        assert everywhere(operator, words) == set()
        assert {place for _, place in everywhere(operator, ids)} <= PSEUDONYM_STAYS
