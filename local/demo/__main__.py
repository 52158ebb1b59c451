"""`make demo`: the whole loop with one command. DATA=dir PEOPLE=2000 SERVE=1 PORT=8080."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.db.url import libpq_url
from local.dagster_ui import dagster_command
from local.demo import report
from local.demo.cohort_loader import load_cohort, refresh_statistics
from local.demo.inputs import SAMPLES, DemoInputError, DemoInputs, load_inputs
from local.demo.services import api_running, choose_port, run_nightly
from local.demo.walk import Walked, Walker, WalkError
from local.foreground import data_dir, running, watch
from local.stack import EmbeddedStack, StackError
from local.vertex.stand_in import VertexStandIn

SEED = 20_260_101
MAX_PEOPLE = 200_000

console = Console(soft_wrap=True)


def main() -> int:
    """Run the demo; exit 1 with one line when something is in the way, 2 when a setting of the demo is wrong."""
    started = time.monotonic()
    try:
        people = _people(os.environ.get("PEOPLE") or "2000")
        inputs = load_inputs(Path(os.environ.get("DATA") or SAMPLES))
    except (DemoInputError, ValueError) as error:
        console.print(f"[bold red]cannot start:[/] {error}")
        return 2
    for broken in inputs.broken:
        console.print(f"[yellow]left out[/] {broken}")
    try:
        with EmbeddedStack(data_dir(), attach=True) as stack:
            _run(stack, inputs, people, started)
    except (StackError, WalkError) as error:
        console.print(f"[bold red]stopped:[/] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    return 0


def _people(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PEOPLE:
        raise ValueError(f"PEOPLE must be a number from 0 to {MAX_PEOPLE}, for example PEOPLE=2000")
    return int(text)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _run(stack: EmbeddedStack, inputs: DemoInputs, people: int, started: float) -> None:
    with console.status("preparing the database"):
        stack.prepare()
    folder = stack.data_dir / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with VertexStandIn(stack.data_dir / "vertex", storage_host=stack.environment()["STORAGE_EMULATOR_HOST"]) as vertex:
        environment = stack.environment() | {"VERTEX_BASE_URL": vertex.base_url, "VERTEX_PROJECT": "cvstomize-local"}
        port = choose_port(int(os.environ.get("PORT") or "8080"))
        with api_running(environment, port) as base_url:
            walked = _walk(inputs, base_url, folder)
            _load(environment, people)
            if stack.superuser_url is not None:
                refresh_statistics(libpq_url(stack.superuser_url))
            _nightly(environment)
            _show(environment, walked, folder, base_url)
            console.print(f"\nDone in {time.monotonic() - started:.0f} s.")
            if os.environ.get("SERVE") == "1":
                _serve(stack, environment, base_url)


def _walk(inputs: DemoInputs, base_url: str, folder: Path) -> list[Walked]:
    walked = []
    with _progress() as progress:
        task = progress.add_task("people at the API", total=len(inputs.people))
        for position, person in enumerate(inputs.people):
            walker = Walker(base_url, person, folder, position)

            def show(step: str, who: str = walker.walked.name) -> None:
                progress.update(task, description=f"{who} {step}")

            walked.append(walker.walk(inputs.jobs, show))
            progress.advance(task)
        progress.update(task, description="people at the API")
    return walked


def _load(environment: dict[str, str], people: int) -> None:
    if not people:
        return
    with _progress() as progress:
        task = progress.add_task("synthetic cohort", total=people)
        url = libpq_url(environment["DATABASE_URL"])
        load_cohort(url, people, SEED, datetime.now(UTC), lambda count: progress.advance(task, count))


def _nightly(environment: dict[str, str]) -> None:
    now = datetime.now(UTC)
    # The first of next month, so that what was reported today counts.
    year, month = (now.year, now.month + 1) if now.month < 12 else (now.year + 1, 1)
    with _progress() as progress:
        task = progress.add_task("nightly run", total=None)

        def show(line: str) -> None:
            progress.update(task, description=f"nightly: {line[:90]}", advance=1)

        run_nightly(environment, f"{year}-{month:02d}-01T00:00:00Z", show)
        progress.update(task, description="nightly run: done")


def _show(environment: dict[str, str], walked: list[Walked], folder: Path, base_url: str) -> None:
    console.rule("what was made")
    for person in walked:
        framings = ", ".join(sorted({resume["framing"]["used"] for resume in person.resumes}))
        scores = ", ".join(
            "no keywords"
            if resume["score"]["percent"] is None
            else f"{resume['jobName']} {resume['score']['percent']}%"
            for resume in person.resumes
        )
        console.print(
            f"[bold]{person.name}[/]: {len(person.resumes)} resumes ({framings}), {len(person.pdfs)} PDFs; {scores}"
        )
        for dropped in person.dropped:
            console.print(f"  left out {dropped}")
    analyst = libpq_url(environment["ANALYST_DATABASE_URL"])
    report.show_incidence(console, analyst)
    report.show_who_answers(console, analyst)
    report.show_salary(console, analyst)
    report.show_datasets(console, libpq_url(environment["PIPELINE_DATABASE_URL"]))
    report.show_bigquery(console, environment)
    console.rule("where to look")
    console.print(f"PDFs and Markdown    {folder}")
    for person in walked:
        console.print(f"shared page          {person.share_url}  ({person.name})")
    console.print(f"API docs             make serve, then {base_url}/docs")
    console.print("Dagster UI           make dagster, then http://127.0.0.1:3001")
    console.print("marts                make psql ROLE=analyst")


def _serve(stack: EmbeddedStack, environment: dict[str, str], base_url: str) -> None:
    port = choose_port(int(os.environ.get("DAGSTER_PORT") or "3001"))
    console.print(f"\nServing until Ctrl-C: API docs {base_url}/docs, Dagster UI http://127.0.0.1:{port}")
    with running({"Dagster": dagster_command(port)}, environment) as started:
        watch(stack, started)


if __name__ == "__main__":
    sys.exit(main())
