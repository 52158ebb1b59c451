"""The page at `/`: what this is, for a person with a browser and for the stack's health check."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from local.vertex.faults import OPERATIONS, FaultBoard, kinds
from local.vertex.jobs import JobStore
from local.vertex.wire import NO_MODEL

STYLE = "body{font:16px/1.5 sans-serif;margin:2rem;max-width:70rem}td,th{text-align:left;padding:.2rem 1rem .2rem 0}"


class AboutPage:
    """Jobs, models, endpoints and the switches, in HTML for a browser and in JSON for everybody else."""

    def __init__(self, jobs: JobStore, faults: FaultBoard) -> None:
        self._jobs = jobs
        self._faults = faults

    async def show(self, request: Request) -> Response:
        """Say first that no real model is behind it."""
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"service": "Vertex AI stand-in", "model": NO_MODEL})
        listed = self._jobs.everything()
        rows = {
            "Tuning jobs": [(job["name"], job["state"].removeprefix("JOB_STATE_")) for job in listed["jobs"]],
            "Models": [(model["name"], model["displayName"]) for model in listed["models"]],
            "Endpoints": [
                (endpoint["name"], ", ".join(item["model"] for item in endpoint["deployedModels"]) or "empty")
                for endpoint in listed["endpoints"]
            ],
            "Faults switched on": [
                (rule.operation, f"{rule.kind}, {rule.times} times") for rule in self._faults.in_force()
            ],
            "Switches": [("operations", ", ".join(OPERATIONS)), ("kinds", ", ".join(kinds()))],
        }
        sections = "".join(f"<h2>{escape(title)}</h2>{table(entries)}" for title, entries in rows.items())
        warning = f"<p><strong>{escape(NO_MODEL.capitalize())}.</strong> Nothing here was written by Gemini.</p>"
        return HTMLResponse(
            f"<!doctype html><html lang=en><title>Vertex AI stand-in</title><style>{STYLE}</style>"
            f"<h1>Vertex AI stand-in</h1>{warning}{sections}</html>"
        )


def table(entries: list[tuple[str, str]]) -> str:
    """Rows of two cells."""
    if not entries:
        return "<p>none</p>"
    cells = "".join(f"<tr><td>{escape(name)}<td>{escape(value)}" for name, value in entries)
    return f"<table>{cells}</table>"
