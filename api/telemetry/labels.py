"""The attributes that may leave the process, on spans and on measures. Whatever is not listed here is dropped."""

from __future__ import annotations

ALLOWED_ATTRIBUTES = frozenset(
    {
        "http.request.method", "http.route", "http.response.status_code", "url.scheme", "error.type",
        "network.protocol.name", "network.protocol.version", "code.function.name",
        # Of our own measures, `api/telemetry/measures.py`.
        "status_class", "outcome", "writer", "state", "kind",
    }
)  # fmt: skip
