"""`cvstomize migrate`: run pending revisions as the owner role."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from migrations.runner import MigrationError, migrate, pending

EXIT_PENDING = 10
EXIT_FAILED = 40
EXIT_CONFIGURATION = 78

app = typer.Typer(add_completion=False)


@app.command()
def run(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would run; exit 10 when something would.")
    ] = False,
) -> None:
    """Bring the database named by MIGRATOR_DATABASE_URL to the newest revision."""
    url = os.environ.get("MIGRATOR_DATABASE_URL", "")
    if not url:
        typer.echo(
            "MIGRATOR_DATABASE_URL: is missing; example: postgresql://cvstomize_migrator:password@127.0.0.1/cvstomize",
            err=True,
        )
        raise typer.Exit(EXIT_CONFIGURATION)
    try:
        if check:
            waiting = pending(url)
            typer.echo(f"pending: {', '.join(waiting)}" if waiting else "nothing to do")
            raise typer.Exit(EXIT_PENDING if waiting else 0)
        report = migrate(url)
    except (MigrationError, ValueError) as error:
        typer.echo(f"migration failed: {error}", err=True)
        raise typer.Exit(EXIT_FAILED) from None
    applied = ", ".join(report.applied) or "nothing to do"
    typer.echo(f"database is at {report.after} ({applied})")
