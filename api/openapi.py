"""What the OpenAPI document says beyond the routes: one problem schema for every error."""

from __future__ import annotations

from typing import Any

from api.problems import MEDIA_TYPE, STATUS_TITLES, Problem

EXTRA_TITLES = {409: "Conflict with the current state", 422: "The request is not valid", 429: "Too many requests"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: the given statuses, and those that any route can answer."""
    described: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 400, 413, 503}):
        title = STATUS_TITLES[status][1] if status in STATUS_TITLES else EXTRA_TITLES.get(status)
        described[status] = {
            "model": Problem,
            "description": title or "Temporarily unavailable",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return described
