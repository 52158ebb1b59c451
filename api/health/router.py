"""`/health` touches nothing; `/health/ready` asks each dependency and says how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response

from api.db.heads import SUPPORTED_HEADS, explain_head
from api.errors import UnavailableError
from api.resources import Resources, ResourcesDependency
from api.version import VERSION
from api.wire import WireModel

router = APIRouter(tags=["health"])

CHECK_TIMEOUT_SECONDS = 4.5


class HealthResponse(WireModel):
    """The process is alive. `uptime` in seconds."""

    status: Literal["ok"] = "ok"
    timestamp: datetime
    uptime: float
    environment: str
    version: str


class CheckResult(WireModel):
    """One dependency: whether it answers, how long that took in milliseconds, and what is wrong."""

    name: str
    ok: bool
    latency_ms: float
    detail: str = ""


class ReadinessResponse(WireModel):
    """All dependencies. The answer is 200 only when every one is ok."""

    status: Literal["ready", "not_ready"]
    checks: list[CheckResult]


@router.get("/health", operation_id="getHealth")
async def health(request: Request, resources: ResourcesDependency) -> HealthResponse:
    """Alive. Touches neither database nor storage, so a slow dependency never kills the process."""
    return HealthResponse(
        timestamp=resources.clock(),
        uptime=round(time.monotonic() - request.app.state.started, 3),
        environment=resources.settings.environment,
        version=VERSION,
    )


@router.get("/health/ready", operation_id="getReadiness", responses={503: {"model": ReadinessResponse}})
async def ready(request: Request, resources: ResourcesDependency, response: Response) -> ReadinessResponse:
    """Ready to serve: database, migrations head, storage. From the signal to stop on the answer is 503 at once."""
    if request.app.drain.stopping:
        response.status_code = 503
        stopping = CheckResult(name="process", ok=False, latency_ms=0, detail="This instance is stopping.")
        return ReadinessResponse(status="not_ready", checks=[stopping])
    probes = [_timed("database", resources.database.ping), _timed("migrations", lambda: _check_head(resources))]
    if resources.settings.enable_cloud_storage:
        bucket = resources.settings.gcs_resumes_bucket
        probes.append(_timed("storage", lambda: resources.objects.ping(bucket)))
    checks = list(await asyncio.gather(*probes))
    all_ok = all(check.ok for check in checks)
    response.status_code = 200 if all_ok else 503
    return ReadinessResponse(status="ready" if all_ok else "not_ready", checks=checks)


async def _check_head(resources: Resources) -> None:
    head = await resources.database.migration_head()
    if head not in SUPPORTED_HEADS:
        raise UnavailableError(explain_head(head))


async def _timed(name: str, probe: Callable[[], Awaitable[None]]) -> CheckResult:
    started = time.perf_counter()
    detail = ""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await probe()
    except UnavailableError as error:
        detail = error.detail
    except TimeoutError:
        detail = f"no answer within {CHECK_TIMEOUT_SECONDS:g} s"
    return CheckResult(
        name=name, ok=not detail, latency_ms=round((time.perf_counter() - started) * 1000, 1), detail=detail
    )
