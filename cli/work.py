"""`cvstomize work`: fill and drain the outboxes. Runs until SIGTERM, or once."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Annotated

import typer

from api.settings import Settings
from cli.startup import settings_or_exit

MEASURE_SECONDS = 60.0

app = typer.Typer(add_completion=False)


@app.command()
def work(
    once: Annotated[bool, typer.Option(help="Fill, drain and stop.")] = False,
    fill_only: Annotated[bool, typer.Option(help="Only queue what is due, and stop: for a schedule.")] = False,
    interval: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between two rounds.")] = 5.0,
) -> None:
    """Check-ins, mail and erasure. Exits 78 with one line for each setting that is missing or malformed."""
    settings = settings_or_exit()
    asyncio.run(_run(settings, once=once or fill_only, drain_too=not fill_only, interval=interval))


async def _run(settings: Settings, *, once: bool, drain_too: bool, interval: float) -> None:
    import structlog

    from api.errors import UnavailableError
    from api.logs import configure
    from api.outbox.worker import Worker
    from api.telemetry.providers import LAST_WORD_MILLISECONDS, Telemetry

    configure(settings.log_level)
    log = structlog.get_logger(__name__)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    telemetry = Telemetry.from_endpoint(settings.otel_exporter_otlp_endpoint, service="cvstomize-worker")
    worker = Worker.open(settings, measures=telemetry.measures)
    measure_at = time.monotonic()
    try:
        while not stop.is_set():
            try:
                queued = await worker.fill()
                finished = await worker.drain() if drain_too else 0
                if queued or finished or once:
                    log.info("outbox_round", count=queued + finished)
                failed = False
            except UnavailableError as error:
                log.warning("outbox_waiting", error_code=error.code)
                failed = True
            if time.monotonic() >= measure_at:
                measure_at = time.monotonic() + MEASURE_SECONDS
                await worker.measure()
            if once and failed:
                raise typer.Exit(1)
            if once:
                break
            try:
                await asyncio.wait_for(stop.wait(), interval)
            except TimeoutError:
                continue
    finally:
        await worker.close()
        await asyncio.to_thread(telemetry.close, LAST_WORD_MILLISECONDS)
