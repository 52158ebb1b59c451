"""`cvstomize diff-manifests OLD NEW`: what changed between two datasets, read from their manifests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(add_completion=False)
MAX_BYTES = 64 * 1024 * 1024


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="manifest.json of the earlier dataset, or its folder.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="manifest.json of the later dataset, or its folder.")],
) -> None:
    """Print one line for each value that differs. Exits 0 when none does, 1 when one does, 2 without a manifest."""
    from pipelines.lib.training.manifest import diff_manifests

    lines = diff_manifests(read_manifest(old), read_manifest(new))
    for line in lines:
        typer.echo(line)
    raise typer.Exit(1 if lines else 0)


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest from its file, or from the folder it stands in. Exits 2 with what to do when there is none."""
    file = path / "manifest.json" if path.is_dir() else path
    try:
        with file.open("rb") as opened:
            document = json.loads(opened.read(MAX_BYTES))
    except OSError as error:
        refuse(file, error.strerror)
    except ValueError:
        refuse(file, "it is not JSON")
    if not isinstance(document, dict) or "schema_version" not in document:
        refuse(file, "it has no schema_version")
    return document


def refuse(file: Path, reason: str | None) -> NoReturn:
    """Say why and exit 2."""
    typer.echo(f"{file} is no manifest of a dataset ({reason}): give manifest.json as it was uploaded", err=True)
    raise typer.Exit(2)
