"""`cvstomize explain-row HASH`: where a row of a training file came from. Only the pipeline role may read it."""

from __future__ import annotations

import re
from typing import Annotated

import psycopg
import typer

app = typer.Typer(add_completion=False)
ROW_HASH = re.compile(r"[0-9a-f]{8,64}")


@app.command()
def explain(
    row_hash: Annotated[str, typer.Argument(metavar="HASH", help="SHA-256 of the row's line, or its first 8 digits.")],
) -> None:
    """Print dataset, file, person and resume, a line each. Exits 1 when no dataset holds it, 2 for no hash."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.registry import explain_row
    from pipelines.settings import load_settings

    wanted = row_hash.strip().lower()
    if not ROW_HASH.fullmatch(wanted):
        typer.echo("give the SHA-256 of the row's line: 8 to 64 hexadecimal digits", err=True)
        raise typer.Exit(2)
    try:
        with connect(load_settings().database_url, autocommit=True) as connection:
            found = explain_row(connection, wanted)
    except psycopg.errors.UndefinedTable:
        found = []
    if not found:
        typer.echo("no dataset holds this row: it was never built, or its dataset was revoked and forgotten", err=True)
        raise typer.Exit(1)
    for row in found:
        typer.echo(
            f"dataset {row['manifest_sha256']} file {row['file_name']} row {row['row_sha256']}"
            f" person {row['person_key']} resume {row['resume_id']} version {row['resume_version_id']}"
        )
