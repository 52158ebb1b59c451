"""Handles, in the API process, of the forkserver and of one render process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from renderer.errors import RenderError, RenderFailed, RenderTimeout
from renderer.request import RenderRequest, RenderResult
from renderer.wire import FORK, MAXIMUM_ANSWER_BYTES, unpack

PROJECT_ROOT = Path(__file__).parent.parent
START_SECONDS = 30.0


class RenderProcess:
    """One forked child. Used by one thread at a time; after a failure it is dead and must be replaced."""

    def __init__(self, connection: Connection, pid: int) -> None:
        self._connection = connection
        self.pid = pid
        self.renders = 0

    def render(self, request: RenderRequest, deadline_seconds: float) -> RenderResult:
        """Send the request and wait for its answer; at the deadline the process is killed."""
        job = json.dumps({"request": request.to_json(), "deadline_seconds": deadline_seconds}).encode()
        self.renders += 1
        try:
            self._connection.send_bytes(job)
            if not self._connection.poll(deadline_seconds):
                self.kill()
                raise RenderTimeout(
                    f"The document took longer than {deadline_seconds:g} seconds to set and was stopped. "
                    "Shorten it, or remove long tables and nested lists."
                )
            message = self._connection.recv_bytes(MAXIMUM_ANSWER_BYTES)
        except (OSError, EOFError) as error:
            self.kill()
            raise RenderFailed("The render process ended without an answer. Try again.") from error
        answer = unpack(message)
        if answer.retire:
            self.stop()
        if isinstance(answer.outcome, RenderError):
            raise answer.outcome
        return answer.outcome

    @property
    def alive(self) -> bool:
        """Whether the process can take another request."""
        return not self._connection.closed

    def kill(self) -> None:
        """End the process now. The open connection proves that the pid is still this process."""
        if not self._connection.closed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._connection.close()

    def stop(self) -> None:
        """Let the process end by itself."""
        self._connection.close()


class ForkServer:
    """The template process, started at the first fork and started again if it has died."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def fork(self) -> RenderProcess:
        """A new render process, ready to work."""
        ours, theirs = socket.socketpair()
        try:
            with self._lock:
                socket.send_fds(self._running(), [FORK], [theirs.fileno()])
        except OSError as error:
            ours.close()
            self.close()
            raise RenderFailed("No render process could be started. Try again.") from error
        finally:
            theirs.close()
        connection = Connection(ours.detach())
        try:
            if connection.poll(START_SECONDS):
                return RenderProcess(connection, int(connection.recv_bytes(100)))
        except (OSError, EOFError):
            pass
        connection.close()
        self.close()
        raise RenderFailed("No render process could be started. Try again.")

    def close(self) -> None:
        """End the template process; render processes end with their own connections."""
        with self._lock:
            control, process = self._control, self._process
            self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _running(self) -> socket.socket:
        if self._control is not None and self._process is not None and self._process.poll() is None:
            return self._control
        ours, theirs = socket.socketpair()
        environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "XDG_CACHE_HOME") if key in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "renderer.forkserver", str(theirs.fileno()), str(self._memory_bytes)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            env=environment | {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1"},
        )
        theirs.close()
        self._control = ours
        return ours
