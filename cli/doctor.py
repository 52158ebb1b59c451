"""`cvstomize doctor`: is everything there that this installation needs? One line each, with the remedy."""

from __future__ import annotations

import typer

from api.settings import EXIT_CONFIGURATION, SettingsError, load_settings
from cli.diagnosis import (
    Finding,
    bucket,
    clock,
    connections,
    database_role,
    fonts,
    look,
    migration_head,
    warehouse,
)
from cli.model_diagnosis import served_models, tuning, vertex

MARKS = {True: "ok     ", False: "FAULT  ", None: "skipped"}

app = typer.Typer(add_completion=False)


@app.command()
def examine() -> None:
    """Look at settings, database, buckets, warehouse, models, fonts and clock. Exits 1 on a fault, 78 on settings."""
    try:
        settings = load_settings()
    except SettingsError as error:
        typer.echo(f"{MARKS[False]} settings\n{error}", err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from None
    say(Finding("settings", True, f"complete for {settings.environment}"))
    checks = {
        "database role": lambda: database_role(settings),
        "migrations": lambda: migration_head(settings),
        "connections": lambda: connections(settings),
        "resumes bucket": lambda: bucket(settings, settings.gcs_resumes_bucket),
        "uploads bucket": lambda: bucket(settings, settings.gcs_uploads_bucket),
        "warehouse": warehouse,
        "model": lambda: vertex(settings),
        **served_models(settings),
        "tuning": lambda: tuning(settings),
        "fonts": fonts,
        "clock": lambda: clock(settings),
    }
    findings = [say(look(name, check)) for name, check in checks.items()]
    raise typer.Exit(1 if any(finding.ok is False for finding in findings) else 0)


def say(finding: Finding) -> Finding:
    """Print the line of one finding as soon as it is known."""
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    typer.echo(f"{MARKS[finding.ok]} {finding.name}: {finding.detail}{remedy}")
    return finding
