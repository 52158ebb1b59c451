"""Builds the FastAPI application. Importing this module reads no setting and opens no connection."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from api import logs, problems
from api.clock import Clock, utc_now
from api.middleware import OversizedBodyMiddleware, RequestContextMiddleware
from api.resources import Resources
from api.routes import ROUTERS
from api.settings import Settings, load_settings
from api.version import VERSION

MAX_BODY_BYTES = 256 * 1024

DESCRIPTION = """
Answer 11 questions, give a job description, get a resume framed for you and matched to the job.

Every error is `application/problem+json` (RFC 9457) with a `code` and, field by field, `errors[]`.
Times are RFC 3339 with an offset. Names are camelCase. POSTs that create take an `Idempotency-Key`.
"""


def operation_id(route: APIRoute) -> str:
    """Generated clients name their methods after this; every route sets it, the function name is the fallback."""
    return route.operation_id or route.name


class Application(FastAPI):
    """FastAPI with our middleware outside the framework's own, whose answers have to be in form as well."""

    def build_middleware_stack(self) -> ASGIApp:
        """Every answer, the framework's refusals included, gets a request id, the headers and the problem form."""
        return RequestContextMiddleware(OversizedBodyMiddleware(super().build_middleware_stack()))


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now) -> FastAPI:
    """Make the application. Without `settings` they are read from the environment.

    Raises SettingsError, naming every missing or malformed setting.
    """
    settings = settings or load_settings()
    logs.configure(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.started = time.monotonic()
        app.state.resources = Resources.open(settings, clock=clock)
        try:
            yield
        finally:
            await app.state.resources.close()

    app = Application(
        title="CVstomize",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        max_body_size=MAX_BODY_BYTES,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_allowed_origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["Content-Disposition", "Idempotency-Replayed", "Retry-After", "X-Request-Id"],
        max_age=600,
    )
    return app
