"""The process that render processes are forked from: `python -m renderer.forkserver CONTROL_FD`.

It imports WeasyPrint and reads fonts and styles once, single-threaded, and then only forks. A fork of it is ready in
milliseconds and shares its memory. It ends when the control socket closes, that is with the process that started it.

The standard library's forkserver would import the main module of whoever uses the renderer into every child; this one
imports the renderer only.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import socket
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from renderer.engine import Engine
from renderer.errors import DocumentTooComplex, RenderError, RenderFailed
from renderer.request import RenderRequest
from renderer.wire import FORK, MAXIMUM_REQUEST_BYTES, pack_error, pack_result

PR_SET_PDEATHSIG = 1
RETIREMENT_SHARE = 0.7
OBJECTS_BEFORE_COLLECTION = 100_000
"""A resume leaves a tenth of that behind: garbage is collected between renders, inside one only if it is very large."""
RENDERS_BEFORE_COLLECTION = 8
IDLE_SECONDS = 0.01
"""Nobody waits: time to tidy up."""
TOO_MUCH_MEMORY = (
    "The document needs more memory than a render may use. Shorten it, or remove long tables and nested lists."
)


def limit_resources(memory_bytes: int) -> None:
    """Caps that hold for the whole life of a render process: memory, no files written, no core, no new program."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_processor(seconds: float) -> None:
    """Let the process use `seconds` more of processor time than it has used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + seconds) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def is_used_up(memory_bytes: int) -> bool:
    """Whether a second document like the last one might not fit: large fonts stay mapped once they were used."""
    if mapped_bytes() <= memory_bytes * RETIREMENT_SHARE:
        return False
    gc.collect()
    return mapped_bytes() > memory_bytes * RETIREMENT_SHARE


def mapped_bytes() -> int:
    """Address space in use, which is what `RLIMIT_AS` counts."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def serve_renders(connection: Connection, memory_bytes: int) -> None:
    """Answer render requests until the other end closes the connection."""
    engine = Engine.shared()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    connection.send_bytes(str(os.getpid()).encode())
    uncollected = 0
    while True:
        try:
            message = connection.recv_bytes(MAXIMUM_REQUEST_BYTES)
        except EOFError:
            return
        job = json.loads(message)
        limit_processor(job["deadline_seconds"])
        try:
            result = engine.render(RenderRequest.from_json(job["request"]))
            answer = pack_result(result, is_used_up(memory_bytes))
        except RenderError as error:
            answer = pack_error(error, is_used_up(memory_bytes))
        except (MemoryError, RecursionError):
            answer = pack_error(DocumentTooComplex(TOO_MUCH_MEMORY), retire=True)
        except Exception as error:  # whatever a document provokes ends as an answer, not as a dead process
            failure = RenderFailed(f"The document could not be rendered ({type(error).__name__}).")
            answer = pack_error(failure, retire=True)
        connection.send_bytes(answer)
        uncollected += 1
        if uncollected >= RENDERS_BEFORE_COLLECTION or not connection.poll(IDLE_SECONDS):
            gc.collect()
            uncollected = 0


def run_child(descriptor: int, memory_bytes: int) -> NoReturn:
    """The life of a forked render process."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        limit_resources(memory_bytes)
        serve_renders(Connection(descriptor), memory_bytes)
        status = 0
    except (OSError, MemoryError):
        status = 1
    finally:
        os._exit(status)


def main(control_descriptor: int, memory_bytes: int) -> None:
    """Fork one render process for every descriptor that arrives on the control socket."""
    Engine.shared()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps: no child outlives its render as a zombie
    control = socket.socket(fileno=control_descriptor)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, len(FORK), 1)
        if message != FORK:
            return
        if os.fork() == 0:
            control.close()
            run_child(descriptors[0], memory_bytes)
        os.close(descriptors[0])


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; our parent closes the socket
    main(int(sys.argv[1]), int(sys.argv[2]))
