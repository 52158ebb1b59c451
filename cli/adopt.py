"""`cvstomize adopt`: take over the database of the service this one replaces, in three steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from cli.migrate import migrator_url
from migrations.adoption.path import AdoptionReport, contract, cut_over, expand, report
from migrations.errors import MigrationError

STEPS: dict[str, Callable[[str], AdoptionReport]] = {
    "report": report,
    "expand": expand,
    "cut-over": cut_over,
    "contract": contract,
}

app = typer.Typer(add_completion=False)


@app.command()
def run(step: Annotated[str, typer.Argument(help="report, expand, cut-over or contract")] = "report") -> None:
    """Run one step on the database named by MIGRATOR_DATABASE_URL and print the report. Exit codes as of `migrate`."""
    if step not in STEPS:
        typer.echo(f"there is no step {step!r}: {', '.join(STEPS)}", err=True)
        raise typer.Exit(2)
    try:
        typer.echo(STEPS[step](migrator_url()).text())
    except MigrationError as error:
        typer.echo(f"adoption stopped: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
