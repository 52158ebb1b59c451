"""`cvstomize export`: one export now, with a progress bar for each table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.lib.export.errors import ContractError, ExportError
from pipelines.lib.export.report import ExportReport, Stage
from pipelines.settings import EXIT_CODE, PipelineSettingsError, load_settings

STAGES: tuple[Stage, ...] = ("copy", "load", "merge", "done")
EXIT_FAILED = 1
EXIT_USAGE = 2

app = typer.Typer(add_completion=False)


@app.command()
def run(
    tables: Annotated[list[str] | None, typer.Argument(help="Only these tables; all when none is named.")] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Replace the raw tables by a full snapshot.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Accept a table that is empty or less than half as large as before.")
    ] = False,
) -> None:
    """Copy the export views to the raw tables in BigQuery at one cut.

    Exits 1 when a table stopped or left rows behind, 78 when settings are missing.
    """
    from pipelines.lib.export.contract import select_contracts
    from pipelines.lib.export.export_run import run_export

    console = Console(stderr=True)
    try:
        settings = load_settings()
        names = [contract.table for contract in select_contracts(tables or None)]
    except PipelineSettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CODE) from None
    except ContractError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    try:
        with progress_bars(console, names) as bars:
            report = run_export(
                settings, tables=names, full_refresh=full_refresh, allow_shrink=allow_shrink, progress=bars.advance
            )
    except ExportError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_FAILED) from None
    show(report)
    if not report.clean:
        for problem in report.problems():
            typer.echo(problem, err=True)
        raise typer.Exit(EXIT_FAILED)


class TableBars:
    """One bar a table: its stage, and the rows copied so far."""

    def __init__(self, progress: Progress, tables: list[str]) -> None:
        self._progress = progress
        self._rows = dict.fromkeys(tables, 0)
        self._tasks = {table: progress.add_task(table, total=len(STAGES), stage="waiting", rows=0) for table in tables}

    def advance(self, table: str, stage: Stage, rows: int) -> None:
        """Move a table's bar to a stage; copied rows are counted up."""
        if stage == "copy":
            self._rows[table] += rows
        done = STAGES.index(stage) + 1 if stage in STAGES else 0
        self._progress.update(self._tasks[table], completed=done, stage=stage, rows=self._rows[table])


@contextmanager
def progress_bars(console: Console, tables: list[str]) -> Iterator[TableBars]:
    """Bars on standard error, so that standard output stays a table."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[stage]:<8}"),
        TextColumn("{task.fields[rows]:>10,} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield TableBars(progress, tables)


def show(report: ExportReport) -> None:
    """Print what was exported."""
    table = Table(title=f"cut {report.cut}")
    table.add_column("table", no_wrap=True, min_width=max(len(entry.table) for entry in report.tables))
    table.add_column("mode")
    for name in ("rows", "inserted", "updated", "deleted", "kB"):
        table.add_column(name, justify="right")
    for entry in report.tables:
        numbers = (entry.rows, entry.rows_inserted, entry.rows_updated, entry.rows_deleted, entry.parquet_bytes // 1024)
        status = [f"{number:,}" for number in numbers] if entry.error is None else ["stopped", "", "", "", ""]
        table.add_row(entry.table, entry.mode, *status)
    Console().print(table)
    typer.echo(f"{report.seconds:.1f} s, watermark {report.watermark}")
