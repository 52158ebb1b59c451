"""Render processes for an asynchronous caller: bounded in number, memory, time and queue.

A render blocks one thread of the pool's own small executor, never the event loop. A process that exceeds its deadline
or its memory is killed alone; the next render gets a fresh fork.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from renderer import limits
from renderer.errors import RendererBusy
from renderer.process import ForkServer, RenderProcess
from renderer.request import RenderRequest, RenderResult

DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024


class RenderPool:
    """A few render processes, forked when first needed and replaced after `recycle_after` renders.

    `deadline_seconds` is wall-clock time for one render, `wait_seconds` for its turn. Callers beyond `queue_length`
    are refused at once with `RendererBusy`.
    """

    def __init__(
        self,
        workers: int = 1,
        deadline_seconds: float = 10.0,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        recycle_after: int = 200,
        wait_seconds: float = 10.0,
        queue_length: int = 50,
    ) -> None:
        if workers < 1:
            raise ValueError("workers must be at least 1")
        self._deadline_seconds = deadline_seconds
        self._recycle_after = recycle_after
        self._wait_seconds = wait_seconds
        self._capacity = workers + queue_length
        self._pending = 0
        self._lock = threading.Lock()
        self._idle: queue.SimpleQueue[RenderProcess] = queue.SimpleQueue()
        self._server = ForkServer(memory_bytes)
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="render")

    async def render(self, request: RenderRequest) -> RenderResult:
        """Render without blocking the event loop. Raises a `RenderError` subclass."""
        return await asyncio.wrap_future(self._submit(request))

    def render_sync(self, request: RenderRequest) -> RenderResult:
        """Render and wait. Raises a `RenderError` subclass."""
        return self._submit(request).result()

    def close(self) -> None:
        """Stop all processes; renders under way finish first."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            self._idle.get_nowait().stop()
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _submit(self, request: RenderRequest) -> Future[RenderResult]:
        limits.check_size(request.markdown)
        with self._lock:
            if self._pending >= self._capacity:
                raise RendererBusy("Too many documents are waiting to be rendered. Try again in a few seconds.")
            self._pending += 1
        future = self._threads.submit(self._render, request, time.monotonic())
        future.add_done_callback(self._finished)
        return future

    def _finished(self, _: Future[RenderResult]) -> None:
        with self._lock:
            self._pending -= 1

    def _render(self, request: RenderRequest, submitted: float) -> RenderResult:
        if time.monotonic() - submitted > self._wait_seconds:
            raise RendererBusy("The document waited too long for its turn. Try again in a few seconds.")
        process = self._take()
        try:
            return process.render(request, self._deadline_seconds)
        finally:
            if process.alive:
                self._put_back(process)

    def _take(self) -> RenderProcess:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._server.fork()

    def _put_back(self, process: RenderProcess) -> None:
        if process.renders >= self._recycle_after:
            process.stop()
        else:
            self._idle.put(process)
