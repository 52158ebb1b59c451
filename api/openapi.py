"""What the OpenAPI document says beyond the routes: one problem schema for every error, and the table of its codes."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import EXAMPLE, MEDIA_TYPE, STATUS_TITLES, TYPE_BASE, Problem

EVERYWHERE = (400, 429, 431, 503)
"""What any route can answer, whatever is sent."""
WITH_BODY = (408, 413, 415)
WITH_RETRY_AFTER = frozenset({429, 503})
METHODS = frozenset({"get", "post", "put", "delete"})
PROBLEM_REFERENCE = {"$ref": "#/components/schemas/Problem"}


@lru_cache(maxsize=1)
def error_codes() -> dict[str, dict[str, Any]]:
    """Every `code` with its status and what a client does about it."""
    text = resources.files("api").joinpath("error_codes.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return table


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: those of its own. What every route can answer is added to the whole document."""
    return {status: {"model": Problem, **_described(status)} for status in sorted(statuses)}


def _described(status: int) -> dict[str, Any]:
    code, title = STATUS_TITLES[status]
    example = {**EXAMPLE, "status": status, "code": code, "title": title, "type": TYPE_BASE + code.replace("_", "-")}
    if status != 422:
        example |= {"detail": error_codes()[code]["client"], "errors": []}
    described: dict[str, Any] = {
        "description": title,
        "content": {MEDIA_TYPE: {"schema": PROBLEM_REFERENCE, "example": example}},
    }
    if status in WITH_RETRY_AFTER:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        described["headers"] = {"Retry-After": seconds}
    return described


def table_of_codes() -> str:
    """The codes as Markdown, for the description of the document."""
    rows = [f"| `{code}` | {entry['status']} | {entry['client']} |" for code, entry in error_codes().items()]
    return "\n".join(["## Error codes", "", "| code | status | what a client does |", "|---|---|---|", *rows])


def document(app: FastAPI) -> dict[str, Any]:
    """The document of the application, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=f"{app.description.strip()}\n\n{table_of_codes()}\n",
            routes=app.routes,
        )
        for path in made["paths"].values():
            for method, operation in path.items():
                if method in METHODS:
                    _add_common_answers(operation)
        schemas = made["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)  # the framework's own form, which no route answers with
        app.openapi_schema = made
    return app.openapi_schema


def _add_common_answers(operation: dict[str, Any]) -> None:
    """Add what the edges can answer, and put the framework's 422 into our form."""
    answers = operation["responses"]
    statuses = {*EVERYWHERE, *(WITH_BODY if "requestBody" in operation else ())}
    if "security" in operation:
        statuses.add(401)
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        statuses.add(404)
    if "HTTPValidationError" in str(answers.get("422", "")):
        answers.pop("422")
        statuses |= set() if _only_path_can_be_wrong(operation) else {422}
    for status in sorted(statuses):
        answers.setdefault(str(status), _described(status))
    operation["responses"] = dict(sorted(answers.items()))


def _only_path_can_be_wrong(operation: dict[str, Any]) -> bool:
    return "requestBody" not in operation and all(p["in"] == "path" for p in operation.get("parameters", []))
