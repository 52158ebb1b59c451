"""The document: every operation named, every error described, every code in the table and nothing else."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from api import errors
from api.main import create_app
from api.openapi import error_codes
from api.problems import STATUS_TITLES
from api.profile.importer.errors import MESSAGES
from tests.support.databases import Database
from tests.support.running_service import settings_for

API = Path(__file__).parents[2] / "api"
INSIDE = {"api/generation/vertex"}
"""The model's faults become a note on the resume, never an answer."""


@pytest.fixture(scope="module")
def document(database: Database) -> dict[str, Any]:
    return create_app(settings_for(database)).openapi()


def codes_in_the_code() -> set[str]:
    """Codes of raised domain errors and of problems that middleware makes."""
    found = {code for code, _ in STATUS_TITLES.values()} | set(MESSAGES)
    found |= {
        cls.code for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, errors.DomainError)
    }
    makers = re.compile(r"(Error|problem_of_status|problem_response|_malformed)$")
    for path in API.rglob("*.py"):
        if any(str(path).startswith(str(API.parent / folder)) for folder in INSIDE):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and makers.search(ast.unparse(node.func)):
                keywords = [k.value for k in node.keywords if k.arg == "code"]
                found |= {value.value for value in keywords if isinstance(value, ast.Constant) and value.value}  # type: ignore[misc]
    return found | {"too_many_requests_per_address", "too_many_requests_per_account"}


def test_the_table_of_codes_is_complete() -> None:
    """A new code needs a row in api/error_codes.yaml."""
    assert set(error_codes()) == codes_in_the_code()


@pytest.mark.parametrize("code", error_codes())
def test_each_code_has_a_status_and_words(code: str) -> None:
    entry = error_codes()[code]
    assert set(entry) == {"status", "client"}
    assert entry["status"] in STATUS_TITLES
    assert entry["client"].endswith(".")
    assert re.fullmatch(r"[a-z][a-z_]*", code)


def test_every_operation_is_named_and_described(document: dict[str, Any]) -> None:
    operations = [o for path in document["paths"].values() for o in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in names)
    assert all(operation.get("description") and operation.get("tags") for operation in operations)


def test_every_error_is_a_problem_with_an_example(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                if int(status) < 400 or (path, status) == ("/health/ready", "503"):
                    continue
                media = answer["content"]["application/problem+json"]
                assert media["schema"] == {"$ref": "#/components/schemas/Problem"}, f"{method} {path} {status}"
                if "text/html" not in answer["content"]:
                    assert media["example"]["status"] == int(status)
                if status in {"429", "503"} and "text/html" not in answer["content"]:
                    assert "Retry-After" in answer["headers"]


def test_request_bodies_have_examples(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Request"):
            required = schema.get("required", [])
            without = [
                p for p in required if not {"examples", "enum", "$ref", "items", "const"} & set(schema["properties"][p])
            ]
            assert without == [], f"{name}: {without}"


def test_the_table_of_codes_is_in_the_description(document: dict[str, Any]) -> None:
    assert all(f"| `{code}` |" in document["info"]["description"] for code in error_codes())
