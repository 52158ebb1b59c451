"""Clients generated from the document are complete and work: a person signs up, generates, downloads and reports."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import Database
from tests.support.running_service import Service, running_service

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
DOCUMENT = PROJECT / "openapi.json"
CONFIGURATION = Path(__file__).with_name("python-client.yaml")
PACKAGE = "generated_cvstomize_client"
PROFILE = {
    "basics": {"name": "Ada Example", "email": "ada@example.com"},
    "work": [{"name": "Example Works", "position": "Engineer", "highlights": ["Cut costs by 20% with Python"]}],
}
TYPESCRIPT = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3")


@pytest.fixture(scope="module")
def service(database: Database) -> Iterator[Service]:
    with running_service(database) as running:
        yield running


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Python client, importable. The generator must understand every operation: it names what it leaves out."""
    folder = tmp_path_factory.mktemp("python-client")
    programs = Path(sys.executable).parent
    command = [str(programs / "openapi-python-client"), "generate", "--path", str(DOCUMENT), "--meta=none"]
    command += ["--config", str(CONFIGURATION), "--output-path", str(folder / PACKAGE)]
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
    )
    output = made.stdout + made.stderr
    assert made.returncode == 0, output
    assert "WARNING" not in output, output
    sys.path.insert(0, str(folder))
    yield PACKAGE
    sys.path.remove(str(folder))


def part(package: str, path: str) -> Any:
    return importlib.import_module(f"{package}.{path}")


def test_every_operation_is_in_the_python_client(client_package: str) -> None:
    folder = Path(part(client_package, "api").__file__).parent
    functions = {path.stem.replace("_", "") for path in folder.glob("*/*.py")}
    document = json.loads(DOCUMENT.read_text("utf-8"))
    operations = {
        operation["operationId"].lower() for path in document["paths"].values() for operation in path.values()
    }
    assert operations <= functions


def test_the_python_client_works(client_package: str, service: Service) -> None:
    models, clients = part(client_package, "models"), part(client_package, "client")
    anonymous = clients.Client(base_url=service.base_url)
    body = models.RegisterRequest(email="generated@example.com", password="correct horse battery")
    token = part(client_package, "api.account.register").sync(client=anonymous, body=body)
    signed_in = clients.AuthenticatedClient(base_url=service.base_url, token=token.access_token)

    profile = models.JsonResume.from_dict(PROFILE)
    saved = part(client_package, "api.profile.put_profile").sync(client=signed_in, body=profile)
    assert saved.revision == 1
    wish = models.GenerateRequest(job_description="Engineer. Requirements: Python.")
    generate = part(client_package, "api.generation.generate_resume")
    resume = generate.sync(client=signed_in, body=wish, idempotency_key="generated-1")
    assert generate.sync(client=signed_in, body=wish, idempotency_key="generated-1").id == resume.id
    pdf = part(client_package, "api.resumes.download_resume").sync(resume.id, client=signed_in)
    assert pdf.payload.read().startswith(b"%PDF")
    report = models.ReportOutcomeRequest(interview_received=True)
    outcome = part(client_package, "api.outcomes.report_outcome").sync(resume.id, client=signed_in, body=report)
    assert outcome.to_dict()
    page = part(client_package, "api.resumes.list_resumes").sync(client=signed_in)
    assert [item.id for item in page.items] == [resume.id]

    problem = generate.sync(client=signed_in, body=models.GenerateRequest(job_description=" "))
    assert (problem.status, problem.code, problem.errors[0].pointer) == (422, "invalid_input", "/jobDescription")
    refused = part(client_package, "api.account.get_me").sync(
        client=clients.AuthenticatedClient(base_url=service.base_url, token="no.such.token")
    )
    assert (refused.status, refused.code) == (401, "unauthenticated")


SCRIPT = """
import createClient from "openapi-fetch";
import type { components, paths } from "./document";

const [, , baseUrl] = process.argv;
const client = createClient<paths>({ baseUrl });
const registered = await client.POST("/api/auth/register", {
  body: { email: "typed@example.com", password: "correct horse battery", displayName: "" },
});
if (!registered.data) throw new Error(registered.error.code);
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${registered.data.accessToken}`);
    return request;
  },
});
const consents = await client.GET("/api/consents");
const first: components["schemas"]["ConsentView"] | undefined = consents.data?.consents[0];
const absent = await client.GET("/api/resume/{resume_id}", {
  params: { path: { resume_id: "0190f5a0-0000-7000-8000-000000000000" } },
});
console.log(first?.purpose, absent.error?.code);
"""


@pytest.mark.prove
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: the TypeScript client is not generated")
def test_the_typescript_client_works(service: Service, tmp_path: Path) -> None:
    def run(*command: str) -> str:
        made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
        return made.stdout

    (tmp_path / "package.json").write_text('{"type": "module", "private": true}')
    run("npm", "install", "--no-audit", "--no-fund", "@types/node@22", *TYPESCRIPT)
    run("npx", "openapi-typescript", str(DOCUMENT), "-o", "document.ts")
    (tmp_path / "script.ts").write_text(SCRIPT)
    options = ("--strict", "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler")
    run("npx", "tsc", *options, "--skipLibCheck", "script.ts")
    assert run("node", "script.js", service.base_url).split() == ["product", "not_found"]
