"""A request id, security headers, `Server-Timing`, and one structured log line per request."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.telemetry.measures import Measures

log = structlog.get_logger("api.access")

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""What a client may name its request; anything else gets a name from us."""
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""A client can send any word as its method; only these are repeated in a log line."""
CLIENT_GONE = 499
"""In the log only: nobody was left to answer."""

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)

NOTHING_ALLOWED = b"default-src 'none'; frame-ancestors 'none'"
"""For every answer that is no page: if a browser shows it all the same, it can run and load nothing."""
DOCUMENTATION = ("/docs", "/redoc")
"""The framework's own pages, which load their scripts from elsewhere."""


class RequestContextMiddleware:
    """Names each request, times it, counts it, and adds the headers every answer carries."""

    def __init__(self, app: ASGIApp, measures: Measures | None = None) -> None:
        self.app = app
        self._measures = measures or Measures()

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
                if b"content-security-policy" not in present and not scope["path"].startswith(DOCUMENTATION):
                    headers.append((b"content-security-policy", NOTHING_ALLOWED))
                if b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            self._measures.request(status or CLIENT_GONE, seconds)
            self._log(scope, status, seconds, request_id)

    @staticmethod
    def _request_id(scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
                return bytes(value).decode()
        return uuid.uuid4().hex

    @staticmethod
    def _log(scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route: Any = scope.get("route")
        log.info(
            "request",
            method=scope["method"] if scope["method"] in KNOWN_METHODS else "OTHER",
            path_template=getattr(route, "path", "unmatched"),
            status=status or CLIENT_GONE,
            duration_ms=round(seconds * 1000, 1),
            request_id=request_id,
        )
