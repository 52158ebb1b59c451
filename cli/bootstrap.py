"""`cvstomize bootstrap`: the database's roles, made once by somebody who may, and their addresses as files.

Everything afterwards needs no administrator: migrations run as the migrator. The addresses hold passwords, so they are
never printed; they lie in files that only their owner reads, named as the secrets that the specifications refer to.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from api.settings import EXIT_CONFIGURATION
from migrations.roles import ANALYST, APP, ERASER, MIGRATOR, PIPELINE

EXAMPLE = "postgresql://postgres:password@127.0.0.1/cvstomize"
SECRET_OF_ROLE = {
    APP: "cvstomize-database-url",
    ERASER: "cvstomize-eraser-database-url",
    MIGRATOR: "cvstomize-migrator-database-url",
    PIPELINE: "cvstomize-pipeline-database-url",
    ANALYST: "cvstomize-analyst-database-url",
}

app = typer.Typer(add_completion=False)


@app.command()
def bootstrap(
    folder: Annotated[Path, typer.Option(help="Where the address of each role is written; must not exist yet.")],
    address: Annotated[
        str, typer.Option(help="Query of the addresses instead of host and port, such as host=/cloudsql/p:r:i.")
    ] = "",
) -> None:
    """Create or renew the roles as the role of ADMIN_DATABASE_URL; every run gives them new passwords."""
    import psycopg
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from migrations.bootstrap import ensure_roles

    given = os.environ.get("ADMIN_DATABASE_URL", "")
    try:
        admin = make_url(given).set(drivername="postgresql")
    except ArgumentError:
        typer.echo(f"ADMIN_DATABASE_URL: is missing or no address; example: {EXAMPLE}", err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from None
    if folder.exists():
        typer.echo(f"{folder} exists: name a new folder, so that no address is lost", err=True)
        raise typer.Exit(EXIT_CONFIGURATION)
    passwords = {role: secrets.token_urlsafe(32) for role in SECRET_OF_ROLE}
    try:
        ensure_roles(admin.render_as_string(hide_password=False), passwords)
    except psycopg.Error as error:
        typer.echo(f"the roles could not be made: {str(error).strip().splitlines()[0]}", err=True)
        raise typer.Exit(1) from None
    folder.mkdir(mode=0o700)
    for role, name in SECRET_OF_ROLE.items():
        url = admin.set(username=role, password=passwords[role])
        if address:
            key, _, value = address.partition("=")
            url = url._replace(host=None, port=None).update_query_dict({key: value})
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(url.render_as_string(hide_password=False))
        typer.echo(f"{role}: {folder / name}")
