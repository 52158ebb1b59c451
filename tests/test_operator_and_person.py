"""From an empty server to an answered check-in, as the operator and one person walk it, every door real.

The night and what follows are walked with the demo's cohort by `test_end_to_end.py`. The one liberty is time: an
application is made fifteen days older, as a superuser, so that a check-in is due.
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
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pypdf
import pytest

from local.demo.inputs import SAMPLES, load_inputs
from local.demo.services import api_running
from local.demo.walk import TEMPLATES, Walker
from local.stack import EmbeddedStack
from local.stack.addresses import ROLE_OF_SETTING, libpq_address
from local.stack.ports import free_port
from local.vertex.stand_in import VertexStandIn
from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.settings import load_settings

pytestmark = [pytest.mark.prove, pytest.mark.timeout(600)]

PROJECT = Path(__file__).resolve().parents[1]
CANARY = "Zephyrine Quillfeather"
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


def test_from_an_empty_server_to_an_answered_check_in(
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
            [(user_id,)] = operator.sql("select id::text from cvstomize.users")
            fifteen_days_pass(operator, user_id)
            answer_check_in(operator, base_url)
            events = "select kind, source from cvstomize.outcome_events where resume_id = %s order by recorded_at, id"
            assert operator.sql(events, resume["id"]) == [
                ("applied", "report"), ("interview", "report"), ("offer", "check_in"),
            ]  # fmt: skip
