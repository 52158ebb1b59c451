"""Counts what the renderer does: every render of this process goes through here."""

from __future__ import annotations

import time

from api.telemetry.measures import Measures
from renderer import RenderError, RenderRequest, RenderResult
from renderer.pool import RenderPool


class MeasuredRenderer:
    """The render pool, with the duration and the outcome of each render. A cancelled wait counts nothing."""

    def __init__(self, pool: RenderPool, measures: Measures) -> None:
        self._pool = pool
        self._measures = measures

    async def render(self, request: RenderRequest) -> RenderResult:
        """Render without blocking the event loop. Raises a `RenderError` subclass."""
        started = time.perf_counter()
        try:
            result = await self._pool.render(request)
        except RenderError as error:
            self._measures.render(error.code, time.perf_counter() - started)
            raise
        self._measures.render("done", time.perf_counter() - started)
        return result

    def close(self) -> None:
        """Stop all processes; renders under way finish first."""
        self._pool.close()
