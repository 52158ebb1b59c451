"""Runs the stand-in in a thread, for tests and for the demo, or in the foreground, for the stack."""

from __future__ import annotations

import logging
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import uvicorn

from local.vertex.application import create_app
from local.vertex.dataset import read_object
from local.vertex.faults import FaultBoard
from local.vertex.jobs import JobStore

LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0
LOGGER = logging.getLogger("local.vertex")


class VertexStandIn:
    """Context manager with `.base_url`, `.faults` to switch faults and `.seen` to count requests.

    `port=0` takes a free one. `data_dir=None` keeps jobs in a temporary folder; given a folder, a second start finds
    them again. `read` fetches the bytes of a `gs://` address; by default from `storage_host` or STORAGE_EMULATOR_HOST.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        port: int = 0,
        storage_host: str | None = None,
        read: Callable[[str], bytes] | None = None,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory() if data_dir is None else None
        folder = data_dir if data_dir is not None else Path(self._temporary.name if self._temporary else ".")
        folder.mkdir(parents=True, exist_ok=True)
        self.seen: list[tuple[str, str]] = []
        self.faults = FaultBoard(folder / "faults.json")
        self.jobs = JobStore(folder / "state.json", read or (lambda uri: read_object(uri, storage_host)))
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, port))
        self.base_url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(self.jobs, self.faults, self.seen),
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def count(self, operation: str) -> int:
        """How many requests of `operation` came in."""
        return sum(1 for seen, _ in self.seen if seen == operation)

    def serve(self) -> None:
        """Answer until the process is told to stop."""
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> VertexStandIn:
        self._thread = threading.Thread(target=self.serve, name="vertex stand-in", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the Vertex stand-in did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(START_SECONDS)
        self._socket.close()
        if self._temporary is not None:
            self._temporary.cleanup()
