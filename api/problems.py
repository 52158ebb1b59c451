"""Domain errors to problem+json (RFC 9457), once, for the whole API.

A problem has type, title, status, detail, instance and, field by field, `errors[]` with a JSON pointer, a code and a
sentence. It never holds the rejected value, a stack trace or SQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException

from api.errors import DomainError, FieldProblem
from api.wire import WireModel

MEDIA_TYPE = "application/problem+json"
PARAMETERS = frozenset({"Idempotency-Key", "idempotency-key"})
"""Names of ours that are no field names."""
TYPE_BASE = "https://cvstomize.example/problems/"

log = structlog.get_logger(__name__)

STATUS_TITLES = {
    400: ("malformed_request", "The request could not be read"),
    401: ("unauthenticated", "Sign in first"),
    403: ("forbidden", "Not allowed"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "This path does not answer to that method"),
    408: ("request_timeout", "The request took too long to arrive"),
    409: ("conflict", "Conflict"),
    413: ("payload_too_large", "The request is too large"),
    415: ("unsupported_media_type", "Send the documented content type"),
    422: ("invalid_input", "The request is not valid"),
    429: ("too_many_requests", "Too many requests"),
    431: ("headers_too_large", "The headers are too large"),
    500: ("internal_error", "Something went wrong"),
    503: ("unavailable", "Temporarily unavailable"),
}


STATUS_DETAILS = {
    404: "There is nothing at this address; /openapi.json lists all of them.",
    405: "The Allow header names the methods of this path.",
    500: "It is our fault. Quote `instance` when you report it.",
}
"""What a client can do about a refusal that nobody explained."""

EXAMPLE: dict[str, Any] = {
    "type": "https://cvstomize.example/problems/invalid-input",
    "title": "The request is not valid",
    "status": 422,
    "detail": "1 field is wrong; see errors.",
    "instance": "urn:request:5f0c1d9b8a7e4c3f9d2b6a1e0f4c8d7b",
    "code": "invalid_input",
    "errors": [
        {"pointer": "/jobDescription", "code": "string_too_short", "message": "String should have at least 1 character"}
    ],
}


class ErrorEntry(WireModel):
    """One field that is wrong."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body, or the name of a parameter.")
    code: str
    message: str


class Problem(WireModel):
    """The body of every error answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: str = Field(description="A URI that stands for the code.")
    title: str
    status: int
    detail: str = Field(description="What to do, in a sentence for a person.")
    instance: str = Field(description="The request's id as a URN; quote it when asking for help.")
    code: str = Field(description="Stable, for programs: see the table of error codes.")
    errors: list[ErrorEntry] = Field(default_factory=list, description="Field by field, for a 422.")


def problem_response(
    request: Request,
    *,
    status: int,
    code: str,
    title: str,
    detail: str = "",
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Build the answer. `instance` is the request id, so that a person can quote it and we can find the log line."""
    problem = Problem(
        type=f"{TYPE_BASE}{code.replace('_', '-')}",
        title=title,
        status=status,
        detail=detail,
        instance=f"urn:request:{getattr(request.state, 'request_id', 'unknown')}",
        code=code,
        errors=[ErrorEntry(pointer=e.pointer, code=e.code, message=e.message) for e in errors],
    )
    return JSONResponse(problem.model_dump(by_alias=True), status, headers=headers, media_type=MEDIA_TYPE)


FIELD_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}")


def pointer(location: Sequence[Any]) -> str:
    """A JSON pointer (RFC 6901) from a pydantic location; the leading `body` is dropped.

    A key that is no field name came from the client and may be anything: `*` stands for it.
    """
    parts = (part if isinstance(part, int) else _name(part) for part in location if part != "body")
    return "".join(f"/{part}" for part in parts)


def _name(part: Any) -> str:
    name = str(part)
    if name in PARAMETERS or FIELD_NAME.fullmatch(name):
        return name
    return "*"


OWN_WORDS = {
    "extra_forbidden": "Remove this field: it is not known here.",
    "uuid_parsing": "Send a UUID.",
}
"""Where the validator's sentence repeats a part of what was sent."""


def safe_message(problem: dict[str, Any]) -> str:
    """The validator's sentence, unless it would repeat what was sent."""
    if "email address" in str(problem["msg"]):
        return "Send a valid e-mail address."
    context = problem.get("ctx", {})
    if problem["type"] in ("too_short", "too_long") and context.get("field_type") == "Value":
        # A secret, of which the validator would say that it has too few "items after validation".
        bound = (
            f"at least {context['min_length']}"
            if problem["type"] == "too_short"
            else f"at most {context['max_length']}"
        )
        return f"Send {bound} characters."
    return OWN_WORDS.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")


async def answer_domain_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a DomainError with its own status and words."""
    assert isinstance(error, DomainError)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem_response(
        request,
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        errors=error.errors,
        headers=headers,
    )


async def answer_validation_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a body, query or path that does not fit: 400 unreadable, 404 a path that can name nothing, else 422."""
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return problem_of_status(request, 400, code="malformed_json", detail="Send valid JSON.")
    if any(problem["loc"] and problem["loc"][0] == "path" for problem in problems):
        # A fixed path that fits another route's parameter, such as GET /api/resume/generate, has other methods.
        fixed = request.app.state.methods.is_fixed(request.url.path)
        return method_not_allowed(request) if fixed else problem_of_status(request, 404)
    expected = other_media_type(request)
    if expected and any(problem["loc"] and problem["loc"][0] == "body" for problem in problems):
        return problem_of_status(request, 415, detail=f"Send Content-Type: {expected}.")
    fields = [
        FieldProblem(pointer(problem["loc"]), str(problem["type"]), safe_message(problem)) for problem in problems[:50]
    ]
    return problem_response(
        request,
        status=422,
        code="invalid_input",
        title="The request is not valid",
        detail=f"{len(problems)} field{'s are' if len(problems) != 1 else ' is'} wrong; see errors.",
        errors=fields,
    )


def other_media_type(request: Request) -> str | None:
    """What the route reads, when the request has a body and says it is something else."""
    body = getattr(request.scope.get("route"), "body_field", None)
    if body is None or request.headers.get("content-length", "") in {"", "0"}:
        return None
    expected = str(getattr(body.field_info, "media_type", "application/json"))
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent == expected or (expected == "application/json" and sent.endswith("+json")):
        return None
    return None if expected == "application/x-www-form-urlencoded" and sent == "multipart/form-data" else expected


async def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework raises itself: unknown paths, wrong methods, oversized bodies."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return method_not_allowed(request)
    headers = dict(error.headers) if error.headers else None
    return problem_of_status(request, error.status_code, headers=headers)


def method_not_allowed(request: Request) -> JSONResponse:
    """Answer 405 with every method the path has."""
    allowed = request.app.state.methods.allowed(request.url.path)
    return problem_of_status(request, 405, headers={"Allow": allowed} if allowed else None)


def problem_of_status(
    request: Request,
    status: int,
    *,
    code: str | None = None,
    detail: str = "",
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A refusal that no domain error stands for: by middleware, or by the framework."""
    usual_code, title = STATUS_TITLES.get(status, ("http_error", "The request was refused"))
    return problem_response(
        request,
        status=status,
        code=code or usual_code,
        title=title,
        detail=detail or STATUS_DETAILS.get(status, ""),
        headers=headers,
    )


async def answer_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    """The last resort. The class of the error is logged; its text may hold personal data and is not."""
    log.error("unexpected_error", error_class=type(error).__name__, path_template=path_template(request))
    return problem_of_status(request, 500)


def path_template(request: Request) -> str:
    """The route as declared: the path itself can hold a token."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "unmatched"))


def install(app: FastAPI) -> None:
    """Register the mapping."""
    app.add_exception_handler(DomainError, answer_domain_error)
    app.add_exception_handler(RequestValidationError, answer_validation_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(Exception, answer_unexpected_error)
