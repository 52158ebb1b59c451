"""`cvstomize merge-accounts`: two accounts of one person become one, when that person asked for it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from api.settings import EXIT_CONFIGURATION, Settings
from cli.startup import settings_or_exit

app = typer.Typer(add_completion=False)


@app.command()
def merge_accounts(
    former: Annotated[str, typer.Argument(help="Mail address of the younger account; everything in it moves.")],
    kept: Annotated[str, typer.Argument(help="Mail address of the older account, which stays.")],
) -> None:
    """Move what one account holds to another and delete it. Ask the person first, and let both decide alike.

    Sign-ins of either lead to the account that stays. Uploaded originals and cached PDFs of the other are deleted; a
    PDF is made again when it is asked for. Exits 1 when the accounts cannot be joined, 78 when a setting is missing.
    """
    settings = settings_or_exit()
    if settings.eraser_database_url is None:
        typer.echo("ERASER_DATABASE_URL: is needed, because an account is deleted", err=True)
        raise typer.Exit(EXIT_CONFIGURATION)
    reason = asyncio.run(_merge(settings, former, kept))
    if reason:
        typer.echo(f"not joined: {reason}", err=True)
        raise typer.Exit(1)
    typer.echo("joined; the next export carries it to the warehouse")


async def _merge(settings: Settings, former: str, kept: str) -> str | None:
    """Join the accounts; return why not."""
    from api.db.database import Database
    from api.privacy.merging import AccountMerger, MergeRefusedError
    from api.resources import Resources

    assert settings.eraser_database_url is not None
    resources = Resources.open(settings)
    eraser = Database(settings.eraser_database_url.get_secret_value(), pool_size=1)
    try:
        await AccountMerger(resources, eraser).merge(former, kept)
    except MergeRefusedError as error:
        return str(error)
    finally:
        await resources.close()
        await eraser.close()
    return None
