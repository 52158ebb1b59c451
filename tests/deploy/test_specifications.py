"""Every specification is what Google's own API documents allow, and says what DESIGN.md asks of the deployment."""

import importlib.resources
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from api.settings import Settings
from deploy.fill import fill
from pipelines.lib.training.vertex_settings import VertexSettings
from pipelines.settings import PipelineSettings

PROJECT = Path(__file__).resolve().parents[2]
CLOUD_RUN = PROJECT / "deploy/cloud-run"
SPECIFICATIONS = sorted(CLOUD_RUN.glob("*.yaml"))
EXAMPLE = PROJECT / "deploy/production.env.example"
FILESYSTEM_SETTINGS = {"DAGSTER_POSTGRES_URL", "MIGRATOR_DATABASE_URL", "ERASER_DATABASE_URL"}
MAIL_SETTINGS = {"MAIL_SENDER", "MAIL_FROM", "SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD"}


def example_values() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    made_by_the_script = {"RELEASE": "abc123", "REGISTRY": "r.example/p/cvstomize"}
    made_by_the_script |= {"SERVING_REVISION": "cvstomize-api-before", "NEW_REVISION": "cvstomize-api-abc123"}
    return dict(line.split("=", 1) for line in lines) | made_by_the_script


def specification(path: Path) -> Any:
    return yaml.safe_load(fill(path.read_text(), example_values()))


def google_schema(document: str, name: str) -> dict[str, Any]:
    """A JSON schema of one type of Google's API document, with unknown fields refused."""
    source = importlib.resources.files("googleapiclient.discovery_cache.documents") / f"{document}.json"
    types = json.loads(source.read_text())["schemas"]
    return {"$ref": f"#/definitions/{name}", "definitions": {key: strict(value) for key, value in types.items()}}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if "$ref" in schema:
        return {"$ref": f"#/definitions/{schema['$ref']}"}
    if schema.get("type") not in (None, "any"):
        result["type"] = schema["type"]
    if "enum" in schema:
        result["enum"] = schema["enum"]
    if "items" in schema:
        result["items"] = strict(schema["items"])
    if "properties" in schema:
        result["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
        result["additionalProperties"] = False
    elif "additionalProperties" in schema:
        result["additionalProperties"] = strict(schema["additionalProperties"])
    return result


def containers(document: dict[str, Any]) -> list[dict[str, Any]]:
    spec = document["spec"]["template"]["spec"]
    return list((spec if document["kind"] == "Service" else spec["template"]["spec"])["containers"])


def names(container: dict[str, Any]) -> set[str]:
    return {entry["name"] for entry in container.get("env", [])}


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.name)
def test_google_knows_every_field(path: Path) -> None:
    document = specification(path)
    jsonschema.validate(document, google_schema("run.v1", document["kind"]))


@pytest.mark.parametrize("wrong", [{"maxRetry": 0}, {"maxRetries": "none"}])
def test_a_misspelt_field_is_seen(wrong: dict[str, Any]) -> None:
    document = specification(CLOUD_RUN / "work.job.yaml")
    document["spec"]["template"]["spec"]["template"]["spec"] |= wrong
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, google_schema("run.v1", "Job"))


@pytest.mark.parametrize("path", sorted((PROJECT / "deploy/storage").glob("*.json")), ids=lambda path: path.name)
def test_life_cycles(path: Path) -> None:
    jsonschema.validate({"lifecycle": json.loads(path.read_text())}, google_schema("storage.v1", "Bucket"))


def test_objects_live_as_long_as_promised() -> None:
    ages = {
        path.name.split(".")[0]: json.loads(path.read_text())["rule"][0]["condition"]["age"]
        for path in (PROJECT / "deploy/storage").glob("*.json")
    }
    assert ages == {"resumes": 365, "uploads": 30, "exports": 7}


def test_build_file() -> None:
    jsonschema.validate(
        yaml.safe_load((PROJECT / "deploy/images/build.yaml").read_text()), google_schema("cloudbuild.v1", "Build")
    )


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.name)
def test_port_is_never_set(path: Path) -> None:
    assert all("PORT" not in names(container) for container in containers(specification(path)))


@pytest.mark.parametrize("path", sorted(CLOUD_RUN.glob("*.job.yaml")), ids=lambda path: path.name)
def test_jobs_are_not_retried_by_the_platform(path: Path) -> None:
    assert specification(path)["spec"]["template"]["spec"]["template"]["spec"]["maxRetries"] == 0


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.name)
def test_no_secret_is_written_down(path: Path) -> None:
    for container in containers(specification(path)):
        for entry in container.get("env", []):
            if re.search(r"(_URL|_KEY|PASSWORD|SECRET)$", entry["name"]) and entry["name"] != "PUBLIC_BASE_URL":
                assert "valueFrom" in entry, entry["name"]


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.name)
def test_every_setting_is_one_that_is_read(path: Path) -> None:
    """A misspelt name would be ignored at run time: the old service was deployed without DATABASE_URL."""
    known = {
        name.upper() for name in [*Settings.model_fields, *PipelineSettings.model_fields, *VertexSettings.model_fields]
    }
    known |= FILESYSTEM_SETTINGS | MAIL_SETTINGS | {"OTEL_RESOURCE_ATTRIBUTES"}
    for container in containers(specification(path)):
        assert names(container) - known == set()


def test_the_service_gets_every_setting_it_needs() -> None:
    container = containers(specification(CLOUD_RUN / "api.service.yaml"))[0]
    values = {entry["name"].lower(): entry.get("value", "x" * 40) for entry in container["env"]}
    values["database_url"] = "postgresql://cvstomize_app:secret@/cvstomize?host=/cloudsql/p:r:i"
    settings = Settings.model_validate({name: value for name, value in values.items() if value})
    assert settings.environment == "production"
    assert settings.trusted_proxy_hops == 1


def test_a_new_revision_gets_no_traffic_before_its_smoke_test() -> None:
    traffic = specification(CLOUD_RUN / "api.service.yaml")["spec"]["traffic"]
    assert traffic == [
        {"revisionName": "cvstomize-api-before", "percent": 100},
        {"revisionName": "cvstomize-api-abc123", "percent": 0, "tag": "candidate"},
    ]


def test_the_service_is_sized_as_designed() -> None:
    document = specification(CLOUD_RUN / "api.service.yaml")
    revision = document["spec"]["template"]
    scale = {name.split("/")[1]: value for name, value in revision["metadata"]["annotations"].items()}
    assert (scale["minScale"], scale["maxScale"], revision["spec"]["timeoutSeconds"]) == ("0", "10", 60)
    assert containers(document)[0]["resources"]["limits"] == {"cpu": "2", "memory": "2Gi"}
    assert {"startupProbe", "livenessProbe"} <= containers(document)[0].keys()


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"NAME": "x"}, 0, "value: x"),
        ({}, 78, "no value for NAME"),
        ({"NAME": ""}, 78, "no value for NAME"),
    ],
)
def test_filling(tmp_path: Path, values: dict[str, str], code: int, words: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("value: ${NAME}\n")
    done = subprocess.run(
        [sys.executable, str(PROJECT / "deploy/fill.py"), str(path)],
        env=values,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == code
    assert words in done.stdout + done.stderr
