"""`python -m pipelines.run nightly --as-of …`: run a job through Dagster and print one line for each thing it made.

The run is an ordinary Dagster run on the instance in `DAGSTER_HOME`: the UI shows it with all its events. The exit code
is 0 for success, 1 for a failed run, 78 when settings are missing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
import uuid
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

import dagster as dg

from pipelines.resources import moment_config, parse_moment
from pipelines.settings import EXIT_CODE, PipelineSettingsError, load_settings

JOBS = ("nightly", "export")
POLL_SECONDS = 0.3
SHOWN = {
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_UP_FOR_RETRY,
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}


def nightly_job() -> dg.JobDefinition:
    """The job `nightly`; Dagster's runner asks for it by this function."""
    from pipelines.definitions import defs

    return defs().resolve_job_def("nightly")


def export_job() -> dg.JobDefinition:
    """The job `export`."""
    from pipelines.definitions import defs

    return defs().resolve_job_def("export")


def run_job(
    instance: dg.DagsterInstance, job: str, *, as_of: datetime | None = None, output: TextIO | None = None
) -> bool:
    """Run a job in this process on the given instance, printing to `output`; returns whether it succeeded."""
    invocation = uuid.uuid4().hex
    config: dict[str, object] = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
    if as_of is not None:
        config |= moment_config(as_of)
    reporter = ProgressReporter(instance, invocation, output or sys.stdout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            reporter,
            dg.execute_job(
                dg.reconstructable({"nightly": nightly_job, "export": export_job}[job]),
                instance=instance,
                run_config=config,
                tags={"cvstomize/invocation": invocation},
                raise_on_error=False,
            ) as result,
        ):
            return result.success


def run_nightly(instance: dg.DagsterInstance, *, as_of: datetime) -> bool:
    """Run the whole night for a moment; returns whether every step and every blocking check succeeded."""
    return run_job(instance, "nightly", as_of=as_of)


class ProgressReporter:
    """Follows the event log of one run on a thread and prints what happens."""

    def __init__(self, instance: dg.DagsterInstance, invocation: str, output: TextIO) -> None:
        self._instance = instance
        self._output = output
        self._invocation = invocation
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> ProgressReporter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finished.set()
        self._thread.join(timeout=10)

    def _follow(self) -> None:
        run_id, cursor = None, None
        while True:
            last_round = self._finished.wait(POLL_SECONDS)
            if run_id is None:
                tags = {"cvstomize/invocation": self._invocation}
                run_id = next(iter(self._instance.get_run_ids(filters=dg.RunsFilter(tags=tags), limit=1)), None)
            if run_id is not None:
                page = self._instance.get_records_for_run(run_id, cursor=cursor)
                cursor = page.cursor
                for record in page.records:
                    line = describe_event(record.event_log_entry)
                    if line:
                        print(line, file=self._output, flush=True)
            if last_round:
                return


def describe_event(entry: dg.EventLogEntry) -> str | None:
    """One line about an event, or None when it is not worth one."""
    event = entry.dagster_event
    if event is None or event.event_type not in SHOWN:
        return None
    if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
        materialization = event.step_materialization_data.materialization
        rows = materialization.metadata.get("dagster/row_count")
        counted = f": {rows.value} rows" if rows is not None else ""
        return f"    made {materialization.asset_key.to_user_string()}{counted}"
    if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        check = event.asset_check_evaluation_data
        if check.passed:
            return None
        return f"    check failed: {check.asset_key.to_user_string()} {check.check_name}"
    if event.event_type == dg.DagsterEventType.STEP_FAILURE:
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause  # the outer ones only say that a step failed
        return f"  {event.step_key} failed: {error.message.strip() if error else 'no reason given'}"
    verb = {
        dg.DagsterEventType.STEP_START: "started",
        dg.DagsterEventType.STEP_SUCCESS: "done",
        dg.DagsterEventType.STEP_UP_FOR_RETRY: "failed, tried again shortly",
    }[event.event_type]
    return f"  {event.step_key} {verb}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.run", description="Run a job through Dagster.")
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--as-of", help="for nightly: RFC 3339 with offset, for example 2026-12-01T00:00:00+00:00")
    options = parser.parse_args(arguments)
    if options.job == "nightly" and options.as_of is None:
        parser.error("nightly needs --as-of")
    try:
        load_settings()
        as_of = parse_moment(options.as_of) if options.as_of else None
    except PipelineSettingsError as error:
        print(error, file=sys.stderr)
        return EXIT_CODE
    except dg.Failure as error:
        parser.error(str(error.description))
    with dg.DagsterInstance.get() as instance, quiet_children(instance) as (output, log_path):
        succeeded = run_job(instance, options.job, as_of=as_of, output=output)
        outcome = "success" if succeeded else f"failed; dbt's and Dagster's own words are in {log_path}"
        print(f"{options.job}: {outcome}", file=output, flush=True)
    return 0 if succeeded else 1


@contextlib.contextmanager
def quiet_children(instance: dg.DagsterInstance) -> Iterator[tuple[TextIO, Path]]:
    """Send what dbt and Dagster say to a file, and yield the real standard output for the progress lines."""
    log_path = Path(instance.root_directory) / "last_run.log"
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with os.fdopen(os.dup(1), "w") as output, log_path.open("w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield output, log_path
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            os.close(saved[0])
            os.close(saved[1])


if __name__ == "__main__":
    sys.exit(main())
