"""`cvstomize openapi`: keep the committed document equal to what the code says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from api.main import create_app
from api.settings import Settings

DOCUMENT = Path(__file__).parent.parent / "openapi.json"

app = typer.Typer(add_completion=False)


def current_document() -> str:
    """The document as the application describes itself, with a stable order."""
    placeholder = SecretStr("x" * 32)
    settings = Settings(
        environment="test",
        database_url=SecretStr("postgresql://nobody@127.0.0.1/none"),
        gcp_project_id="none",
        enable_cloud_storage=False,
        auth_token_secret=placeholder,
        link_signing_key=placeholder,
    )
    return json.dumps(create_app(settings).openapi(), indent=2, ensure_ascii=False) + "\n"


@app.command()
def run(check: Annotated[bool, typer.Option("--check", help="Only compare; exit 1 when they differ.")] = False) -> None:
    """Write openapi.json, or compare it."""
    document = current_document()
    if not check:
        DOCUMENT.write_text(document, encoding="utf-8")
        typer.echo("openapi.json written")
        return
    if not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != document:
        typer.echo("openapi.json is stale: run `make openapi` and commit it", err=True)
        raise typer.Exit(1)
    typer.echo("openapi.json is up to date")
