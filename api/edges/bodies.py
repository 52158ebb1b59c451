"""Reads JSON bodies before the framework does: within a deadline, in the declared encoding, and strictly.

The parser of the standard library takes NaN, repeated keys, and UTF-8 that is none. What passes here is valid JSON in
the sense of RFC 8259 with unique keys (RFC 7493), so no two readers can see two different documents.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_of_status

BODY_SECONDS = 10.0
"""For a body of 256 kB: 26 kB a second, slower than the slowest phone."""
UPLOAD_SECONDS = 60.0
MAX_HEADER_BYTES = 32 * 1024
TOO_LARGE = "Send at most 256 kB; uploads may have 10 MB."
MAXIMUM_NUMBER_DIGITS = 400
"""No number we know has more; Python takes quadratic time for long ones."""


class RejectedBodyError(Exception):
    """The body cannot be read: a status of the problem table and what to do."""

    def __init__(self, status: int, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code


class BodyMiddleware:
    """Answers 408, 413, 415, 431 and 400 for what can be refused without knowing the route."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        self.app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_json = kind == "application/json" or kind.endswith("+json")
        reader = BodyReader(receive, BODY_SECONDS if is_json else UPLOAD_SECONDS)
        answer = Answer(scope, receive, send, reader)
        try:
            _check_headers(scope, headers)
            if is_json and not await reader.read_json(self._max_body_bytes):
                return  # the client has gone
            await self.app(scope, reader.receive, answer.send)
        except RejectedBodyError as error:
            await answer.reject(error)


class Answer:
    """The way out: replaces what the framework makes of a refused body, so that every refusal is a problem."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, reader: BodyReader) -> None:
        self._scope, self._receive, self._send, self._reader = scope, receive, send, reader
        self._begun = False
        self._replaced = False

    async def send(self, message: Message) -> None:
        """Pass a message on, unless the answer has been replaced."""
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            too_large = message["status"] == 413 and _is_plain(message)
            rejected = self._reader.rejected or (RejectedBodyError(413, TOO_LARGE) if too_large else None)
            if rejected is not None:
                await self.reject(rejected)
                return
            self._begun = True
        await self._send(message)

    async def reject(self, error: RejectedBodyError) -> None:
        """Answer with a problem, once. The connection is closed: the rest of the body would be read as a request."""
        if self._begun or self._replaced:
            return
        self._replaced = True
        response = problem_of_status(
            Request(self._scope),
            error.status,
            code=error.code,
            detail=error.detail,
            headers={"Connection": "close"},
        )
        await response(self._scope, self._receive, self._send)


class BodyReader:
    """The receive channel of one request, with a deadline for the whole body."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._seconds = seconds
        self._read: deque[Message] = deque()
        self._complete = False
        self.rejected: RejectedBodyError | None = None
        """Set when the deadline has passed, because the framework takes the error for a malformed body."""

    async def receive(self) -> Message:
        """The next message: what was read ahead first. Raises RejectedBodyError past the deadline."""
        return self._read.popleft() if self._read else await self._next()

    async def _next(self) -> Message:
        if self._complete:
            return await self._receive()  # only the disconnect is left, which may take its time
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            self.rejected = RejectedBodyError(408, f"Send the whole body within {self._seconds:g} seconds.")
            raise self.rejected from error
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def read_json(self, maximum: int) -> bool:
        """Read the body ahead and check it. False when the client has gone; too long a body is left to the framework.

        Raises RejectedBodyError.
        """
        size = 0
        messages: list[Message] = []
        while not self._complete:
            message = await self._next()
            if message["type"] != "http.request":
                return False
            messages.append(message)
            size += len(message.get("body", b""))
            if size > maximum:
                break
        self._read.extend(messages)
        if 0 < size <= maximum:
            check_json(b"".join(message.get("body", b"") for message in messages))
        return True


def check_json(body: bytes) -> None:
    """Refuse what is no strict JSON. Raises RejectedBodyError, in words that repeat nothing of the body."""
    try:
        json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_refuse_repeated_keys,
            parse_constant=_refuse_constant,
            parse_int=_refuse_long_numbers,
            parse_float=_refuse_long_numbers,
        )
    except UnicodeDecodeError as error:
        raise _malformed("Send the body in UTF-8.") from error
    except RecursionError as error:
        raise _malformed("The body is nested too deeply.") from error
    except ValueError as error:
        raise _malformed("Send valid JSON.") from error


def _malformed(detail: str) -> RejectedBodyError:
    return RejectedBodyError(400, detail, code="malformed_json")


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _malformed("An object has the same key twice. Send each key once.")


def _refuse_constant(_name: str) -> NoReturn:
    raise _malformed("JSON has neither NaN nor Infinity. Leave the value out or send null.")


def _refuse_long_numbers(digits: str) -> None:
    if len(digits) > MAXIMUM_NUMBER_DIGITS:
        raise _malformed("A number has too many digits.")


def _check_headers(scope: Scope, headers: Headers) -> None:
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise RejectedBodyError(431, "Send fewer or shorter headers.")
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise RejectedBodyError(415, "Send the body as it is, without Content-Encoding.")


def _is_plain(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/plain") for name, value in message["headers"]
    )
