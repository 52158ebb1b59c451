"""A stop that loses nothing: readiness goes first, requests at work finish or are told when to come back.

Cloud Run sends SIGTERM and kills ten seconds later. From the signal on `/health/ready` answers 503 and so does every
new request; requests at work have seven seconds, then they are cancelled (which rolls back and frees their
idempotency key) and answered with 503 and Retry-After. Only then is the server told to stop, which runs the hooks.
A request that only reads is also cancelled when its client has gone: nobody waits for it, and its connection to the
database is needed by others.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import FrameType

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_of_status

FINISH_SECONDS = 7.0
"""What a request at work may still take after the signal."""
NOTICE_SECONDS = 0.5
"""So long readiness can be asked after the signal, even when nothing is at work."""
CANCEL_SECONDS = 1.5
"""For cancelled requests to roll back, free their keys and answer."""
RETRY_AFTER_SECONDS = 5
WATCH_AFTER_SECONDS = 0.25
"""Most requests are over by then and are never watched."""
STILL_ANSWERED = frozenset({"/health", "/health/ready"})
READS = frozenset({"GET", "HEAD"})

Handler = Callable[[int, FrameType | None], object]

log = structlog.get_logger(__name__)


class Drain:
    """What is at work in this process, and whether it is stopping."""

    def __init__(self) -> None:
        self.stopping = False
        self.expired = False
        self.at_work: set[asyncio.Task[object]] = set()

    async def run(self) -> None:
        """Wait until every request has ended, cancelling those that take too long."""
        self.stopping = True
        log.info("draining", count=len(self.at_work))
        await asyncio.sleep(NOTICE_SECONDS)
        if self.at_work:
            await asyncio.wait(tuple(self.at_work), timeout=FINISH_SECONDS - NOTICE_SECONDS)
        if self.at_work:
            log.warning("drain_deadline", count=len(self.at_work))
            self.expired = True
            for task in tuple(self.at_work):
                task.cancel()
            await asyncio.wait(tuple(self.at_work), timeout=CANCEL_SECONDS)

    @contextlib.contextmanager
    def on_signal(self) -> Iterator[None]:
        """Drain before the server's own handler of SIGTERM and SIGINT runs. Does nothing outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield  # whoever runs the server here stops it
            return
        loop = asyncio.get_running_loop()
        servers: dict[int, Handler] = {}
        tasks: list[asyncio.Task[None]] = []

        async def drain_and_stop(number: int) -> None:
            await self.run()
            servers[number](number, None)

        def begin(number: int) -> None:
            if tasks:
                servers[number](number, None)  # asked a second time: at once
            else:
                tasks.append(loop.create_task(drain_and_stop(number)))

        def note(number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(begin, number)

        for number in (int(signal.SIGTERM), int(signal.SIGINT)):
            handler = signal.getsignal(number)
            if callable(handler) and handler is not signal.default_int_handler:
                servers[number] = handler
                signal.signal(number, note)
        try:
            yield
        finally:
            for number, handler in servers.items():
                signal.signal(number, handler)


class DrainMiddleware:
    """Keeps account of requests at work, refuses new ones while stopping, and ends reads nobody waits for."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self.app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._drain.stopping and scope["path"] not in STILL_ANSWERED:
            await _refuse(scope, receive, send, NOT_BEGUN)
            return
        task = asyncio.current_task()
        assert task is not None
        client = _Client(task, receive) if scope["method"] in READS else None
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            if client is not None and message["type"] == "http.response.body" and not message.get("more_body", False):
                client.stop()  # what the server reports after the answer is no disconnect
            await send(message)

        self._drain.at_work.add(task)
        try:
            await self.app(scope, client.receive if client else receive, send_noting)
        except asyncio.CancelledError:
            if client is not None and client.gone:
                task.uncancel()  # nobody is left to answer
            elif self._drain.expired and not begun:
                task.uncancel()
                await _refuse(scope, receive, send, CUT_OFF)
            else:
                raise
        finally:
            self._drain.at_work.discard(task)
            if client is not None:
                client.stop()


class _Client:
    """Watches whether the client of a slow read is still there, and cancels the request when it is not."""

    def __init__(self, task: asyncio.Task[object], receive: Receive) -> None:
        self.gone = False
        self._task = task
        self._receive = receive
        self._read: deque[Message] = deque()
        self._watching: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, self._begin)

    async def receive(self) -> Message:
        """The next message for the application."""
        return self._read.popleft() if self._read else await self._receive()

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.gone = True
                self._task.cancel()
                return
            self._read.append(message)

    def stop(self) -> None:
        """The request is over."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()


NOT_BEGUN = "This instance is stopping. Repeat the request; it was not begun."
CUT_OFF = "This instance is stopping and the request took too long. Repeat it with the same Idempotency-Key."


async def _refuse(scope: Scope, receive: Receive, send: Send, detail: str) -> None:
    response = problem_of_status(
        Request(scope),
        503,
        code="stopping",
        detail=detail,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Connection": "close"},
    )
    await response(scope, receive, send)
