"""Builds the FastAPI application. Importing this module reads no setting and opens no connection."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from api import first_use, logs, openapi, problems
from api.clock import Clock, utc_now
from api.edges.address_limits import AddressLimitMiddleware, limit_costly_requests_of_an_address
from api.edges.bodies import BodyMiddleware
from api.edges.context import RequestContextMiddleware
from api.edges.draining import Drain, DrainMiddleware
from api.edges.methods import MethodTable
from api.resources import Resources
from api.routes import ROUTERS
from api.settings import Settings, load_settings
from api.telemetry.measures import Measures
from api.telemetry.providers import Telemetry
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


CLOSE_SECONDS = 2.0
EXPOSED_HEADERS = ("Content-Disposition", "Idempotency-Replayed", "Retry-After", "Server-Timing", "X-Request-Id")


class Application(FastAPI):
    """FastAPI with our middleware outside the framework's own, whose answers have to be in form as well."""

    def __init__(self, settings: Settings, measures: Measures, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.drain = Drain()
        self._measures = measures
        self._origins = list(settings.cors_allowed_origins)

    def openapi(self) -> dict[str, Any]:
        """The document, with what the edges can answer on every route."""
        return openapi.document(self)

    def build_middleware_stack(self) -> ASGIApp:
        """From the inside out. Refusals by any layer get a request id, CORS and security headers from the outer two."""
        app: ASGIApp = BodyMiddleware(super().build_middleware_stack(), max_body_bytes=MAX_BODY_BYTES)
        app = DrainMiddleware(AddressLimitMiddleware(app), self.drain)
        return RequestContextMiddleware(
            CORSMiddleware(
                app,
                allow_origins=self._origins,
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
                expose_headers=EXPOSED_HEADERS,
                max_age=600,
            ),
            self._measures,
        )


def create_app(
    settings: Settings | None = None, *, clock: Clock = utc_now, telemetry: Telemetry | None = None
) -> FastAPI:
    """Make the application. Without `settings` they are read from the environment.

    Raises SettingsError, naming every missing or malformed setting.
    """
    settings = settings or load_settings()
    logs.configure(settings.log_level)
    telemetry = telemetry or Telemetry.from_endpoint(settings.otel_exporter_otlp_endpoint)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        app.state.started = time.monotonic()
        app.state.resources = Resources.open(settings, clock=clock, measures=telemetry.measures)
        loading = asyncio.create_task(first_use.load_soon())
        with app.drain.on_signal():
            try:
                yield
            finally:
                loading.cancel()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await app.state.resources.close()
                        await asyncio.to_thread(telemetry.close)

    app = Application(
        settings,
        telemetry.measures,
        title="CVstomize",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        max_body_size=MAX_BODY_BYTES,
        telemetry=telemetry.config(),
    )
    app.state.methods = MethodTable(ROUTERS)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(limit_costly_requests_of_an_address)])
    return app
