"""`cvstomize migrate`: check, print, or run pending revisions as the owner role."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from migrations.errors import MigrationError
from migrations.report import check_text
from migrations.runner import check_database, migrate, sql_script

EXIT_CONFIGURATION = 78

app = typer.Typer(add_completion=False)


def migrator_url() -> str:
    """The address of the database from the environment. Exits 78 when it is missing."""
    url = os.environ.get("MIGRATOR_DATABASE_URL", "")
    if not url:
        typer.echo(
            "MIGRATOR_DATABASE_URL: is missing; example: postgresql://cvstomize_migrator:password@127.0.0.1/cvstomize",
            err=True,
        )
        raise typer.Exit(EXIT_CONFIGURATION)
    return url


@app.command()
def run(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would run and what would stop it. Changes nothing.")
    ] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the script for a database administrator.")] = False,
) -> None:
    """Bring the database named by MIGRATOR_DATABASE_URL to the newest revision.

    Exit codes: 0 done or nothing to do, 10 pending, 20 refused, 30 locked, 40 failed and rolled back,
    50 an interrupted step is to be resumed, 78 a setting is missing.
    """
    url = migrator_url()
    try:
        if sql:
            typer.echo(sql_script(url), nl=False)
            return
        if check:
            report = check_database(url)
            typer.echo(check_text(report))
            raise typer.Exit(report.exit_code)
        done = migrate(url)
    except MigrationError as error:
        typer.echo(f"migration stopped: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except ValueError as error:
        typer.echo(f"MIGRATOR_DATABASE_URL: {error}", err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from None
    applied = ", ".join(done.applied) or "nothing to do"
    typer.echo(f"database is at {done.after} ({applied})")
