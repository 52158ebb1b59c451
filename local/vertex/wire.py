"""What surrounds every handler: the fault of this request, the log line, the error document, the lost answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from local.vertex.errors import GoogleError
from local.vertex.faults import HEADER, Fault, FaultBoard, Operation

LOGGER = logging.getLogger("local.vertex")
NO_MODEL = "no real model is behind this stand-in"
MAX_BODY_BYTES = 4_000_000

Handler = Callable[[Request, Fault | None], Awaitable[dict[str, Any]]]


def endpoint(
    operation: Operation, faults: FaultBoard, handler: Handler, seen: list[tuple[str, str]]
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap `handler`: apply the fault switched on for `operation`, answer errors as Google does, log every request."""

    async def answer(request: Request) -> Response:
        seen.append((operation, request.url.path))
        try:
            fault = faults.take(operation, request.headers.get(HEADER))
            if fault is not None:
                fault.raise_if_refusal()
                if fault.kind == "late":
                    await asyncio.sleep(fault.delay_seconds)
            body = await handler(request, fault)
        except GoogleError as error:
            LOGGER.info("%s %s -> %d (%s)", operation, request.url.path, error.code, NO_MODEL)
            return JSONResponse(error.body(), status_code=error.code, headers=error.headers())
        kind = fault.kind if fault else ""
        LOGGER.info("%s %s -> 200 %s (%s)", operation, request.url.path, kind, NO_MODEL)
        if kind == "lost_answer":
            return lost_answer()
        if kind == "garbage":
            return Response(b"<html>upstream error</html>", media_type="text/html")
        if kind == "wrong_shape":
            return JSONResponse([1])
        return JSONResponse({} if kind == "empty_object" else body)

    return answer


def lost_answer() -> Response:
    """A response that promises more bytes than it sends: the server closes, the client never gets an answer."""

    async def nothing() -> Any:
        yield b"{"

    return StreamingResponse(nothing(), media_type="application/json", headers={"Content-Length": "1000"})


async def bounded_body(request: Request) -> bytes:
    """The body. Raises GoogleError 400 past the bound."""
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        raise GoogleError(400, f"Request payload size exceeds the limit: {MAX_BODY_BYTES} bytes.")
    return body
