"""Messages between the API process and a render process: JSON and raw bytes, never pickled objects.

A render process reads hostile documents; what it sends back is only ever parsed as data.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from renderer.errors import ERRORS_BY_CODE, RenderError, RenderFailed
from renderer.request import RenderResult, RenderWarning

FORK = b"fork"
HEADER_SEPARATOR = b"\n"
MAXIMUM_REQUEST_BYTES = 4_000_000
MAXIMUM_ANSWER_BYTES = 64_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A result or an error, and whether the process that gave it should end: its memory is used up."""

    outcome: RenderResult | RenderError
    retire: bool


def pack_result(result: RenderResult, retire: bool) -> bytes:
    """A JSON line with everything but the PDF, then the PDF."""
    header = {
        "retire": retire,
        "page_count": result.page_count,
        "content_hash": result.content_hash,
        "warnings": [dataclasses.asdict(warning) for warning in result.warnings],
    }
    return json.dumps(header).encode() + HEADER_SEPARATOR + result.pdf


def pack_error(error: RenderError, retire: bool) -> bytes:
    """A JSON line that names the error's code."""
    return json.dumps({"error": error.code, "message": error.message, "retire": retire}).encode() + HEADER_SEPARATOR


def unpack(message: bytes) -> Answer:
    """What `pack_result` or `pack_error` packed."""
    header_bytes, _, pdf = message.partition(HEADER_SEPARATOR)
    header: dict[str, Any] = json.loads(header_bytes)
    if "error" in header:
        error = ERRORS_BY_CODE.get(header["error"], RenderFailed)(header["message"])
        return Answer(error, header["retire"])
    warnings = tuple(
        RenderWarning(item["code"], item["message"], tuple(item["characters"])) for item in header["warnings"]
    )
    result = RenderResult(pdf, header["page_count"], warnings, header["content_hash"])
    return Answer(result, header["retire"])
