"""`cvstomize model list|promote|rollback|retire`: which tuned model writes resumes. Runs as the pipeline role.

A change counts from the next resume on: the API reads the row with every request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.settings import EXIT_CONFIGURATION

if TYPE_CHECKING:
    import psycopg

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Which tuned model writes resumes.")
EXAMPLE = "postgresql://cvstomize_pipeline:password@host/cvstomize"
SHARE = re.compile(r"0?\.\d{1,3}|1(\.0{1,3})?|0|\d{1,2}(\.\d)?%|100%")


@app.command("list")
def list_all() -> None:
    """Print every model with its status, its share and what the evaluation said, newest change first."""
    from rich.console import Console
    from rich.table import Table

    from pipelines.lib.training.promotion import list_models

    with pipeline_database() as connection:
        models = list_models(connection)
    if not models:
        typer.echo("no tuned model is recorded: launch a tuning run first (docs/training.md)")
        return
    table = Table(title=f"{len(models)} tuned model{'s' if len(models) > 1 else ''}", show_lines=False)
    for heading in ("model", "status", "share", "base model", "evaluation", "changed"):
        table.add_column(heading, overflow="fold")
    for model in models:
        table.add_row(
            model["name"] + ("\nno real model: made by the stand-in" if model["synthetic"] else ""),
            model["status"],
            f"{model['share']:.1%}" if model["share"] else "",
            model["base_model"] or "",
            judgement(model["evaluation"]),
            f"{model['updated_at']:%Y-%m-%d %H:%M}",
        )
    Console(width=None if Console().is_terminal else 200).print(table)


@app.command()
def promote(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="Name or endpoint, or the last part of one.")],
    share: Annotated[str, typer.Option(help="Part of new draws: 0.2 or 20% as an arm, 1 for everybody.")] = "0.2",
) -> None:
    """Let a model write, first for a share of new resumes, then for everybody. Exits 1 when it may not."""
    from pipelines.lib.training.promotion import promote as promote_model

    wanted = parsed_share(share)
    with pipeline_database() as connection:
        done = promote_model(connection, name, share=wanted, environment=environment())
    if done.status == "arm":
        typer.echo(f"{done.name} is an arm now: it is drawn for {done.share:.1%} of new resumes, from the next one on")
        return
    instead = f"; rollback brings {done.replaced} back" if done.replaced else ""
    typer.echo(f"{done.name} writes for everybody now, from the next resume on{instead}")


@app.command()
def rollback(
    name: Annotated[str | None, typer.Argument(metavar="MODEL", help="Which one; without it, the newest.")] = None,
) -> None:
    """Take the newest promotion back; the model before it writes the next resume. Exits 1 when there is none."""
    from pipelines.lib.training.promotion import in_service, list_models
    from pipelines.lib.training.promotion import rollback as roll_back

    with pipeline_database() as connection:
        taken = roll_back(connection, environment=environment(), name=name)
        left = [f"{model['name']} ({model['status']})" for model in in_service(list_models(connection))]
    typer.echo(f"{taken} is rolled back; in service: {', '.join(left) or 'no tuned model, VERTEX_MODEL writes'}")


@app.command()
def retire() -> None:
    """Delete from Vertex AI, now, every model that learnt from somebody who left. Exits 1 while one is left."""
    from pipelines.lib.training.retirement import retire_models
    from pipelines.lib.training.vertex_settings import VertexSettings

    with pipeline_database() as connection:
        result = retire_models(connection, VertexSettings(), at_once=True)
    for name in result.retired:
        typer.echo(f"retired {name}")
    for run in result.cancelled:
        typer.echo(f"cancelled tuning run {run}")
    if result.requests_closed:
        typer.echo(f"erasure requests told models_retired: {result.requests_closed}")
    for name, reason in result.refused.items():
        typer.echo(f"NOT retired {name}: {reason}", err=True)
    if result.refused:
        typer.echo("It is tried again by itself; run this again to try now.", err=True)
        raise typer.Exit(1)
    if not (result.retired or result.cancelled or result.requests_closed):
        typer.echo("nothing is to be retired")


def judgement(evaluation: dict[str, Any]) -> str:
    """What the evaluation found, in a line or two."""
    if "verdict" not in evaluation:
        return "not evaluated"
    words = str(evaluation["verdict"])
    if evaluation.get("winRate") is not None:
        words += f", wins {evaluation['winRate']:.1%} (at least {evaluation['winRateLower']:.1%})"
    if evaluation.get("reasons"):
        words += f": {'; '.join(map(str, evaluation['reasons']))}"
    return words


def parsed_share(text: str) -> Decimal:
    """`0.2` or `20%` as a number. Exits 2 for anything else."""
    cleaned = text.strip()
    if not SHARE.fullmatch(cleaned):
        typer.echo(f"--share {text}: give a part such as 0.2 or 20%, or 1 for everybody", err=True)
        raise typer.Exit(2)
    number = Decimal(cleaned.removesuffix("%"))
    return number / 100 if cleaned.endswith("%") else number


def environment() -> str:
    """ENVIRONMENT, which decides whether a stand-in's model may write. A deployment that names none is production."""
    import os

    return os.environ.get("ENVIRONMENT") or "production"


@contextmanager
def pipeline_database() -> Iterator[psycopg.Connection]:
    """Postgres as the pipeline role, autocommit. Exits 78 without its address, 1 with one line for what goes wrong."""
    import os

    import psycopg

    from api.db.url import libpq_url
    from pipelines.lib.export.database import connect
    from pipelines.lib.export.errors import ExportError
    from pipelines.lib.training.errors import TrainingError

    try:
        url = libpq_url(os.environ.get("PIPELINE_DATABASE_URL", ""))
    except ValueError:
        typer.echo(f"PIPELINE_DATABASE_URL: is missing or no address; example: {EXAMPLE}", err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from None
    try:
        with connect(url, autocommit=True) as connection:
            yield connection
    except (TrainingError, ExportError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except psycopg.errors.InsufficientPrivilege:
        typer.echo("PIPELINE_DATABASE_URL: this role may not change models; use cvstomize_pipeline", err=True)
        raise typer.Exit(1) from None
    except psycopg.Error as error:
        typer.echo(f"the database refused: {str(error).strip().splitlines()[0]}", err=True)
        raise typer.Exit(1) from None
