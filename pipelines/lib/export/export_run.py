"""One export from snapshot to watermark: copy, load, check, and one transaction for every table that passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
from google.cloud.storage.exceptions import InvalidResponse

from pipelines.lib.export.bigquery_jobs import UNHEARD, bigquery_client
from pipelines.lib.export.contract import ROW_VERSION, TableContract, select_contracts
from pipelines.lib.export.control import ControlTable, Watermark
from pipelines.lib.export.deletions import deleted_keys, write_keys
from pipelines.lib.export.errors import (
    ConcurrentExportError,
    ExportError,
    JobLostError,
    LoadFailedError,
    LongRowError,
    StoreUnavailableError,
    UnportableValueError,
    UnsettledMergeError,
)
from pipelines.lib.export.extract import BLOCK_BYTES, LONG_ROW_BYTES, extract
from pipelines.lib.export.held_back import describe_holder
from pipelines.lib.export.merge import delete_statement, merge_statement, replace_statements, transaction
from pipelines.lib.export.milestones import reach
from pipelines.lib.export.modes import reason_for_snapshot, reason_of_another_source
from pipelines.lib.export.report import ExportReport, Progress, Stage, TableReport
from pipelines.lib.export.shrink_guard import refuse_shrinking
from pipelines.lib.export.snapshot import Snapshot, join_snapshot, only_exporter, open_snapshot
from pipelines.lib.export.storage import ExportBucket, ObjectWriter, storage_client
from pipelines.lib.export.view_schema import ViewSchema, describe_view, unportable_keys
from pipelines.lib.export.warehouse import RawWarehouse
from pipelines.settings import PipelineSettings


@dataclass(slots=True)
class TableRun:
    """A table on its way: what it looks like, what was written, what is known about it so far."""

    contract: TableContract
    report: TableReport
    before: Watermark | None
    schema: ViewSchema | None = None
    uris: list[str] = field(default_factory=list)
    parts: int = 0
    gone: list[str] = field(default_factory=list)
    deletions_uri: str | None = None
    gone_loaded: bool = False

    @property
    def is_snapshot(self) -> bool:
        """Whether the whole table is replaced."""
        return self.report.mode == "snapshot"


def run_export(
    settings: PipelineSettings,
    *,
    tables: Sequence[str] | None = None,
    full_refresh: bool = False,
    allow_shrink: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Bring the raw tables of the named tables (or all) up to date at one cut.

    A table is exported incrementally when its watermark belongs to this database and its columns are the same, else, or
    with `full_refresh`, as a snapshot. `allow_shrink` accepts a snapshot that is empty or less than half as large as
    what it replaces. Tables whose schema changed stop and are named in the report; the others go on. Raises ExportError
    when the export as a whole failed; its message says whether the raw tables were changed.
    """
    contracts = select_contracts(list(tables) if tables is not None else None)
    with only_exporter(settings.database_url) as alone:
        if not alone:
            raise ConcurrentExportError("another export is running; wait for it to end and run again")
        exporter = _Exporter(settings, full_refresh, allow_shrink, progress)
        try:
            return exporter.run(contracts)
        except (*UNHEARD, InvalidResponse, psycopg.Error) as error:
            # The words of a driver may quote a row; its kind is enough to act on.
            raise StoreUnavailableError(f"{unavailable(error)}; {exporter.outcome}, run again") from error


def unavailable(error: Exception) -> str:
    """Which store failed and how, without what it was told.

    Example: `Google Cloud did not do as asked: NotFound 404 at storage.googleapis.com/upload/storage/v1/b/bucket/o`.
    """
    if isinstance(error, psycopg.Error):
        return f"Postgres: {type(error).__name__} {error.sqlstate or ''}".strip()
    cause = getattr(error, "cause", None) or error
    said = f"Google Cloud did not do as asked: {type(cause).__name__} {getattr(cause, 'code', None) or ''}".strip()
    asked = getattr(cause, "request", None) or getattr(cause, "response", None)
    address = urlsplit(str(getattr(asked, "url", None) or ""))
    return f"{said} at {address.netloc}{address.path}" if address.netloc else said


class _Exporter:
    """The steps of one export, in the order they happen."""

    def __init__(
        self, settings: PipelineSettings, full_refresh: bool, allow_shrink: bool, progress: Progress | None
    ) -> None:
        self._settings = settings
        self._full_refresh = full_refresh
        self._allow_shrink = allow_shrink
        self._progress = progress
        self.outcome = "no raw table was changed"
        self._bucket = ExportBucket(storage_client(settings), settings.gcs_export_bucket)
        client = bigquery_client(settings)
        self._warehouse = RawWarehouse(client, settings)
        self._control = ControlTable(client, self._warehouse.jobs, self._warehouse.raw)

    def run(self, contracts: Sequence[TableContract]) -> ExportReport:
        """Copy at one cut, load, check, merge, clean up."""
        started = time.monotonic()
        self._warehouse.ensure_datasets()
        self._control.ensure()
        reach("prepared")
        before = self._control.read()
        runs = [TableRun(c, TableReport(c.table), before.get(c.table)) for c in contracts]
        with open_snapshot(self._settings.database_url) as (connection, snapshot):
            opened = time.monotonic()
            report = ExportReport(snapshot.cut, snapshot.taken_at, snapshot.xmin, [run.report for run in runs])
            report.held_back = describe_holder(connection, snapshot, before.values())
            reach("snapshot opened")
            for run in runs:
                self._guarded(run, self._copy, connection, snapshot)
                self._note_who_left(run, connection, snapshot)
        reach("copied")
        for run in runs:
            self._guarded(run, self._load, snapshot)
            self._load_who_left(run, snapshot)
        reach("loaded")
        touched = [run for run in runs if run.report.error is None or run.deletions_uri]
        if touched:
            self._merge(snapshot, touched, before)
            self.outcome = f"the raw tables hold cut {snapshot.cut}, only old objects and load tables may remain"
            report.lag_seconds = time.monotonic() - opened
            reach("merged")
        report.removed_objects = self._bucket.remove_old(snapshot.cut)
        reach("objects removed")
        self._warehouse.drop_load_tables()
        reach("load tables dropped")
        for run in runs:
            self._tell(run, "stopped" if run.report.error else "done", 0)
        report.seconds = time.monotonic() - started
        return report

    def _guarded(self, run: TableRun, step: Callable[..., None], *arguments: object) -> None:
        """Run a step of one table; an error that concerns only this table stops this table only."""
        if run.report.error is not None:
            return
        started = time.monotonic()
        try:
            step(run, *arguments)
        except ExportError as error:
            run.report.error = str(error)
        except (psycopg.DataError, psycopg.ProgrammingError) as error:
            # Its words may quote a value.
            run.report.error = (
                f"{run.contract.table}: export.{run.contract.table} cannot be read: {type(error).__name__}"
                f" ({error.sqlstate}); read the whole view in psql to see why"
            )
        finally:
            run.report.seconds += time.monotonic() - started

    def _copy(self, run: TableRun, connection: psycopg.Connection, snapshot: Snapshot) -> None:
        schema = run.schema = describe_view(connection, run.contract)
        run.report.added_columns = self._warehouse.ensure_raw_table(schema)
        reason = "asked for" if self._full_refresh else reason_for_snapshot(schema, snapshot, run.before)
        run.report.mode = "snapshot" if reason else "incremental"
        run.report.snapshot_reason = reason
        changed = None
        if not run.is_snapshot:
            assert run.before is not None
            # The upper bound leaves out versions of a restored dump that this cluster has not reached yet.
            changed = f"{ROW_VERSION} >= '{run.before.xmin}'::xid8 and {ROW_VERSION} < '{snapshot.xmax}'::xid8"
        try:
            self._copy_rows(snapshot, run, schema, changed)
        except UnportableValueError:
            with connection.transaction():  # a savepoint: an error in the view must not end the snapshot
                run.report.quarantined_keys = unportable_keys(connection, schema)
            if not run.report.quarantined_keys:
                raise
            portable = f"not ({schema.unportable})"
            self._copy_rows(snapshot, run, schema, f"{changed} and {portable}" if changed else portable)

    def _note_who_left(self, run: TableRun, connection: psycopg.Connection, snapshot: Snapshot) -> None:
        """Write the keys that left, also of a table that stopped: who left must not wait until it is mended."""
        stopped = run.report.error is not None
        if run.before is None or reason_of_another_source(snapshot, run.before) or (run.is_snapshot and not stopped):
            return
        try:
            with connection.transaction():
                run.gone = deleted_keys(connection, run.contract, run.before.xmin)
        except (psycopg.DataError, psycopg.ProgrammingError):
            if not stopped:
                raise
        run.gone = sorted({*run.gone, *run.report.quarantined_keys})
        if run.gone:
            writer = self._bucket.open_deletions(snapshot.cut, run.contract.table)
            run.deletions_uri = writer.uri
            write_keys(run.gone, writer)  # type: ignore[arg-type]

    def _copy_rows(self, snapshot: Snapshot, run: TableRun, schema: ViewSchema, where: str | None) -> None:
        try:
            self._write_parts(snapshot, run, schema, where, BLOCK_BYTES)
        except LongRowError:  # rare, and it costs memory, so only once it is needed
            self._write_parts(snapshot, run, schema, where, LONG_ROW_BYTES)

    def _write_parts(
        self, snapshot: Snapshot, run: TableRun, schema: ViewSchema, where: str | None, block_bytes: int
    ) -> None:
        run.uris = []
        writers: list[ObjectWriter] = []

        def open_part(_: int) -> ObjectWriter:
            writer = self._bucket.open_part(snapshot.cut, run.contract.table, run.parts)
            run.parts += 1  # counted over all attempts: an object name is used once
            run.uris.append(writer.uri)
            writers.append(writer)
            return writer

        with join_snapshot(self._settings.database_url, snapshot) as connection:
            extraction = extract(
                connection,
                schema,
                open_part,  # type: ignore[arg-type]  # a writer is the part of BinaryIO that Parquet needs
                where=where,
                on_rows=lambda rows: self._tell(run, "copy", rows),
                block_bytes=block_bytes,
            )
        reach(f"{run.contract.table} uploaded")
        run.report.rows_read = extraction.rows
        run.report.parquet_bytes = sum(writer.size for writer in writers)

    def _load(self, run: TableRun, snapshot: Snapshot) -> None:
        assert run.schema is not None
        if run.is_snapshot or run.uris or run.deletions_uri:
            job = self._warehouse.load_parts(run.schema, snapshot.cut, run.uris)
            if job is not None:
                run.report.job_ids.append(job.job_id)
            reach(f"{run.contract.table} loaded")
            self._warehouse.check_loaded(run.schema, snapshot.cut, run.report.rows_read)
            self._load_who_left(run, snapshot)
            run.report.rows_inserted, run.report.rows_updated, run.report.rows_deleted = self._warehouse.count_changes(
                run.schema, snapshot.cut, snapshot=run.is_snapshot, deleted=run.deletions_uri is not None
            )
        if run.is_snapshot and not self._allow_shrink:
            same_source = run.before is not None and reason_of_another_source(snapshot, run.before) is None
            since = run.before.xmin if run.before is not None and same_source else 0
            refuse_shrinking(self._settings, self._warehouse, run.schema, snapshot.cut, since)
        self._tell(run, "load", run.report.rows_read)

    def _load_who_left(self, run: TableRun, snapshot: Snapshot) -> None:
        if run.deletions_uri is None or run.gone_loaded:
            return
        table = run.contract.table
        job = self._warehouse.load_deleted_keys(table, snapshot.cut, run.deletions_uri, len(run.gone))
        run.gone_loaded = True
        run.report.job_ids.append(job.job_id)
        reach(f"{table} deletions loaded")

    def _merge(self, snapshot: Snapshot, runs: Sequence[TableRun], before: dict[str, Watermark]) -> None:
        statements, after = [], []
        for run in runs:
            report = run.report
            if run.deletions_uri:
                statements.append(delete_statement(self._warehouse, run.contract, snapshot.cut))
            if report.error is not None:
                # It keeps its watermark: mended, it catches up from there.
                statements.append(self._control.recount(run.contract.table, self._warehouse.raw))
                continue
            assert run.schema is not None
            if run.is_snapshot:
                report.rows = report.rows_read
                statements += replace_statements(self._warehouse, run.schema, snapshot.cut)
            else:
                assert run.before is not None
                report.rows = run.before.row_count + report.rows_inserted - report.rows_deleted
                if run.uris:
                    statements.append(merge_statement(self._warehouse, run.schema, snapshot.cut, run.before.xmin))
            after.append(Watermark.of(run.contract.table, snapshot, run.schema.fingerprint, report.rows))
        tables = [run.contract.table for run in runs]
        script = transaction([self._control.compare(tables, before), *statements, *self._control.swap(after)])
        reach("about to merge")
        job_id = f"export-merge-{snapshot.cut}"
        try:
            job_id = self._warehouse.jobs.script(script, job_id).job_id
        except (LoadFailedError, JobLostError) as error:
            self._settle(error, snapshot, {watermark.table for watermark in after}, tables, before)
        for run in runs:
            run.report.job_ids.append(job_id)
            self._tell(run, "merge", run.report.rows)

    def _settle(
        self,
        error: ExportError,
        snapshot: Snapshot,
        moved: set[str],
        tables: Sequence[str],
        before: dict[str, Watermark],
    ) -> None:
        """Find out how the transaction ended whose answer was lost; return only when it was committed.

        The watermark moves in the transaction itself, so it knows. While it stands, a job that BigQuery has not called
        failed may still be running.
        """
        try:
            now = self._control.read()
        except UNHEARD as unheard:
            raise UnsettledMergeError(
                f"{error}; whether the raw tables hold cut {snapshot.cut} could not be asked either, run again"
            ) from unheard
        if moved and all(table in now and now[table].cut == snapshot.cut for table in moved):
            return
        if any(table in now and (table not in before or now[table].cut != before[table].cut) for table in tables):
            raise ConcurrentExportError(
                "another export moved the watermark meanwhile; no raw table was changed by this one, run again"
            ) from error
        if isinstance(error, LoadFailedError):
            raise LoadFailedError(f"{error}; no raw table was changed, run again") from error
        raise UnsettledMergeError(
            f"{error}; cut {snapshot.cut} has not reached the raw tables so far and may still do so, run again"
        ) from error

    def _tell(self, run: TableRun, stage: Stage, rows: int) -> None:
        if self._progress is not None:
            self._progress(run.contract.table, stage, rows)
