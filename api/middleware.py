"""Pure ASGI middleware: a request id, security headers, one structured log line per request."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import payload_too_large

log = structlog.get_logger("api.access")

REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
)


class RequestContextMiddleware:
    """Names each request, times it, and adds the headers every answer carries."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = self._request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                elapsed_ms = (time.perf_counter() - started) * 1000
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in SECURITY_HEADERS if name not in present]
                headers.append((b"x-request-id", request_id.encode()))
                headers.append((b"server-timing", f"app;dur={elapsed_ms:.1f}".encode()))
                if b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self._log(scope, status, started, request_id)

    @staticmethod
    def _request_id(scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and REQUEST_ID.match(value):
                return bytes(value).decode()
        return uuid.uuid4().hex

    @staticmethod
    def _log(scope: Scope, status: int, started: float, request_id: str) -> None:
        route: Any = scope.get("route")
        log.info(
            "request",
            method=scope["method"],
            path_template=getattr(route, "path", "unmatched"),
            status=status,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
            request_id=request_id,
        )


class OversizedBodyMiddleware:
    """Puts the framework's plain answer to an oversized body into the problem form of every other error."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        replacing = False

        async def send_problem(message: Message) -> None:
            nonlocal replacing
            if message["type"] == "http.response.start":
                replacing = message["status"] == 413 and self._is_plain(message)
                if replacing:
                    response = payload_too_large(Request(scope))
                    await response(scope, receive, send)
            if not replacing:
                await send(message)

        await self.app(scope, receive, send_problem)

    @staticmethod
    def _is_plain(message: Message) -> bool:
        return any(
            name.lower() == b"content-type" and value.startswith(b"text/plain")
            for name, value in message.get("headers", [])
        )
