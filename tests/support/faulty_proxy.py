"""An HTTP proxy on loopback that stands before an emulator and fails as the real services do.

The client under test speaks to it as it would to Google: what is tried is the client's own handling of the transport.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Literal
from urllib.parse import urlsplit

from tests.support.loopback_http import serving

Fault = Literal["500", "429", "timeout", "lost"]
REASONS = {"500": "backendError", "429": "rateLimitExceeded", "409": "duplicate"}
HANG_SECONDS = 6.0
# Ids of jobs, tables and cuts, so that calls of one kind are one kind.
VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}|export-(?:load|merge)-[\w-]+|\d{8}T\d{6}\d+Z?-\d+|\d{6,}")


@dataclass
class Call:
    """One request as the proxy saw it."""

    method: str
    path: str
    number: int
    body: bytes

    @property
    def kind(self) -> str:
        """Method and path without ids."""
        parts = urlsplit(self.path)
        return f"{self.method} {VARIABLE.sub('*', parts.path)}"


@dataclass
class FaultyProxy:
    """`choose` says for each call which fault it meets, or None. Job ids are refused the second time, with 409."""

    upstream: str
    choose: Callable[[Call], Fault | None] = lambda _: None
    calls: list[Call] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    conflicts: list[str] = field(default_factory=list)
    url: str = ""
    _jobs: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def seen(self, method: str, path: str, body: bytes) -> Call:
        """Write a call down."""
        with self._lock:
            call = Call(method, path, len(self.calls), body)
            self.calls.append(call)
            return call

    def repeated_job(self, call: Call) -> bool:
        """Whether this call starts a job whose id was taken; BigQuery refuses that, its emulator does not."""
        if call.method != "POST" or not urlsplit(call.path).path.endswith("/jobs"):
            return False
        job_id = json.loads(call.body).get("jobReference", {}).get("jobId")
        with self._lock:
            if job_id in self._jobs:
                self.conflicts.append(job_id)
                return True
            self._jobs.add(job_id)
            return False


@contextlib.contextmanager
def faulty_proxy(upstream: str, choose: Callable[[Call], Fault | None] = lambda _: None) -> Iterator[FaultyProxy]:
    """A running proxy before `upstream`; ends with the block."""
    proxy = FaultyProxy(upstream, choose)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

        def handle_one_request(self) -> None:
            with contextlib.suppress(ConnectionError, socket.timeout):
                super().handle_one_request()

        def serve(self) -> None:
            body = self.read_body()
            call = proxy.seen(self.command, self.path, body)
            fault = proxy.choose(call)
            if fault is not None:
                proxy.faults[f"{fault} {call.kind}"] += 1
            if fault == "timeout":  # the request never arrives
                threading.Event().wait(HANG_SECONDS)
                self.close_connection = True
                return
            if fault in {"500", "429"}:
                self.refuse(int(fault), "try again")
                return
            if proxy.repeated_job(call):
                self.refuse(409, "Already Exists: Job")
                return
            status, headers, content = forward(upstream, call, self.headers.items())
            if fault == "lost":  # done, but nobody hears of it
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.answer(status, [(name, self.own(value)) for name, value in headers], content)

        def read_body(self) -> bytes:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("content-length") or 0))

        def own(self, value: str) -> str:
            """Upload sessions must come back through here too."""
            return value.replace(upstream, proxy.url)

        def refuse(self, status: int, message: str) -> None:
            reason = REASONS[str(status)]
            error = {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
            self.answer(status, [("Content-Type", "application/json")], json.dumps({"error": error}).encode())

        def answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve  # noqa: N815

    with serving(Handler) as proxy.url:
        yield proxy


LEFT_OUT = {"transfer-encoding", "content-length", "connection", "host", "accept-encoding"}


def forward(upstream: str, call: Call, headers: list[tuple[str, str]]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send a request on and return what came back."""
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=60)
    try:
        kept = {name: value for name, value in headers if name.lower() not in LEFT_OUT}
        connection.request(call.method, call.path, body=call.body or None, headers=kept)
        response = connection.getresponse()
        content = response.read()
        return response.status, [(n, v) for n, v in response.getheaders() if n.lower() not in LEFT_OUT], content
    finally:
        connection.close()
