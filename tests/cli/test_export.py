"""`cvstomize export`: what a person sees while it runs, and the exit code afterwards."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.export import app, progress_bars, show
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.report import ExportReport, TableReport
from tests.pipelines.conftest import pipeline_environment, pipeline_settings

pytestmark = pytest.mark.slow
__all__ = ["pipeline_environment", "pipeline_settings"]


def test_a_bar_for_each_table_moves_with_its_stages_and_counts_copied_rows() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    with progress_bars(console, ["people", "resumes"]) as bars:
        for rows in (20_000, 1_500):
            bars.advance("people", "copy", rows)
        for stage in ("load", "merge", "done"):
            bars.advance("people", stage, 21_500)  # type: ignore[arg-type]
        bars.advance("resumes", "stopped", 0)
    last = screen.getvalue().rsplit("people", 1)[1]
    people, resumes = last.split("resumes")
    assert "4/4 done" in people
    assert "21,500 rows" in people
    assert "0/4 stopped" in resumes


@pytest.mark.usefixtures("pipeline_environment")
def test_it_exports_shows_every_table_and_exits_with_nought() -> None:
    done = CliRunner().invoke(app, ["people", "traits"])
    assert done.exit_code == 0, done.output
    assert "4/4 done" in done.stderr
    for table in ("people", "traits"):
        assert table in done.stderr
        assert table in done.stdout
    assert "watermark" in done.stdout


@pytest.mark.usefixtures("pipeline_environment")
def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    done = CliRunner().invoke(app, ["users"])
    assert done.exit_code == 2
    assert all(table in done.stderr for table in load_contracts())


@pytest.mark.usefixtures("pipeline_environment")
def test_a_database_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_DATABASE_URL", "postgresql://cvstomize_pipeline:secret@127.0.0.1:1/none")
    done = CliRunner().invoke(app, ["people"])
    assert done.exit_code == 1
    assert "Postgres cannot be reached, check PIPELINE_DATABASE_URL" in done.stderr
    assert "Connection refused" in done.stderr
    assert "secret" not in done.output


@pytest.mark.usefixtures("pipeline_environment")
def test_a_bucket_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCS_EXPORT_BUCKET", "not-there")
    done = CliRunner().invoke(app, ["people"])
    assert done.exit_code == 1
    assert "NotFound 404 at 127.0.0.1" in done.stderr
    assert "/b/not-there/o" in done.stderr


def test_names_of_tables_are_whole_on_a_narrow_screen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    tables = [TableReport(table, mode="incremental", rows=1_234_567) for table in load_contracts()]
    show(ExportReport("20260101T000000000000Z-1", datetime(2026, 1, 1, tzinfo=UTC), 1, tables))
    shown = capsys.readouterr().out
    assert all(f"│ {table} " in shown for table in load_contracts())
    assert shown.count("1,234,567") == len(tables)
