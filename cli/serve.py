"""`cvstomize serve`: the API in this process. PORT is read here and nowhere else, and never set.

Its one option is read with the standard library: what the other commands read theirs with is a tenth of a start.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence

from cli.unneeded import left_out

GRACEFUL_SHUTDOWN_SECONDS = 1
"""Requests had their seven seconds in `api.edges.draining` before the server is told to stop; the rest of the ten that
Cloud Run gives is for closing what the process owns."""


def app(args: Sequence[str], prog_name: str) -> None:
    """Serve until SIGTERM. Exits 78 with one line for each setting that is missing or malformed."""
    parser = argparse.ArgumentParser(prog=prog_name, description=app.__doc__)
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: %(default)s)")  # noqa: S104
    host: str = parser.parse_args(args).host
    gc.disable()  # what a start makes stays: looking for garbage in it again and again is a tenth of the start
    with left_out():
        import uvicorn

        from api.main import create_app
        from cli.pool_size import pool_fault
        from cli.startup import cannot_start, settings_or_exit

        settings = settings_or_exit()
        if fault := pool_fault(settings):
            raise cannot_start(fault)
        application = create_app(settings)
    gc.freeze()
    gc.enable()
    uvicorn.run(
        application,
        host=host,
        port=settings.port,
        log_config=None,
        ws="none",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
    )
