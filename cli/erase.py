"""`cvstomize erase`: carry out the erasures that are due, now, and say how far each one is."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer

from api.settings import EXIT_CONFIGURATION, Settings
from cli.startup import settings_or_exit

app = typer.Typer(add_completion=False)


@app.command()
def erase(
    again_after_restore: Annotated[
        bool,
        typer.Option(
            "--again-after-restore",
            help="First ask anew for every erasure that a restored backup has undone.",
        ),
    ] = False,
) -> None:
    """Delete rows and objects of everybody who asked for it, then look whether any copy is left.

    Exits 1 while an erasure is still to be done, 78 when a setting is missing.
    """
    settings = settings_or_exit()
    if settings.eraser_database_url is None:
        typer.echo(
            "ERASER_DATABASE_URL: is needed to erase; example: postgresql://cvstomize_eraser:password@host/cvstomize",
            err=True,
        )
        raise typer.Exit(EXIT_CONFIGURATION)
    waiting = asyncio.run(_erase(settings, again_after_restore=again_after_restore))
    if os.environ.get("PIPELINE_DATABASE_URL"):
        _verify_copies()
    else:
        typer.echo("PIPELINE_DATABASE_URL is not set: copies in the warehouse were not looked for.", err=True)
    if waiting:
        typer.echo(f"{waiting} erasure{'s are' if waiting > 1 else ' is'} still to be done; run this again.", err=True)
        raise typer.Exit(1)


def _verify_copies() -> None:
    """Look for the erased in raw, core, marts and datasets, and say where somebody is still found."""
    from cli.erased_copies import verify_copies
    from pipelines.settings import PipelineSettingsError
    from pipelines.settings import load_settings as load_pipeline_settings

    try:
        found = verify_copies(load_pipeline_settings())
    except PipelineSettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from None
    for request, places in found.items():
        typer.echo(f"request {request} waits for the next nightly run: still in {', '.join(places)}")


async def _erase(settings: Settings, *, again_after_restore: bool) -> int:
    """Work through what is due; return how many requests still have operational data."""
    from api.logs import configure
    from api.outbox.worker import Worker

    configure(settings.log_level)
    worker = Worker.open(settings)
    try:
        if again_after_restore:
            again = await worker.erase_again_after_restore()
            typer.echo(f"{again} had been erased, came back with the backup, and will be erased again")
            if not settings.enable_cloud_storage:
                typer.echo("Without ENABLE_CLOUD_STORAGE only the table erasure_requests was looked at.", err=True)
        await worker.erase()
        counts = await worker.erasure_counts()
    finally:
        await worker.close()
    for status, count in sorted(counts.items()):
        typer.echo(f"before looking at copies: {count} {status}")
    return counts.get("requested", 0)
