"""One export from snapshot to watermark: copy, load, check, and one transaction for every table that passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.lib.export.contract import ROW_VERSION, TableContract, select_contracts
from pipelines.lib.export.control import ControlTable, Watermark
from pipelines.lib.export.deletions import deleted_keys, write_keys
from pipelines.lib.export.errors import ConcurrentExportError, ExportError, LoadFailedError, UnportableValueError
from pipelines.lib.export.extract import extract
from pipelines.lib.export.merge import merge_statements, replace_statements, transaction
from pipelines.lib.export.milestones import reach
from pipelines.lib.export.modes import reason_for_snapshot
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
    deletions_uri: str | None = None
    deleted: int = 0

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
    when the export as a whole failed, and then no raw table has changed.
    """
    contracts = select_contracts(list(tables) if tables is not None else None)
    with only_exporter(settings.database_url) as alone:
        if not alone:
            raise ConcurrentExportError("another export is running; wait for it to end and run again")
        return _Exporter(settings, full_refresh, allow_shrink, progress).run(contracts)


class _Exporter:
    """The steps of one export, in the order they happen."""

    def __init__(
        self, settings: PipelineSettings, full_refresh: bool, allow_shrink: bool, progress: Progress | None
    ) -> None:
        self._settings = settings
        self._full_refresh = full_refresh
        self._allow_shrink = allow_shrink
        self._progress = progress
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
            report = ExportReport(snapshot.cut, snapshot.taken_at, snapshot.xmin, [run.report for run in runs])
            reach("snapshot opened")
            for run in runs:
                self._guarded(run, self._copy, connection, snapshot)
        reach("copied")
        for run in runs:
            self._guarded(run, self._load, snapshot)
        reach("loaded")
        passed = [run for run in runs if run.report.error is None]
        if passed:
            self._merge(snapshot, passed, before)
            reach("merged")
            report.removed_objects = self._bucket.remove_other_cuts(snapshot.cut)
            reach("objects removed")
        self._warehouse.drop_load_tables([run.contract.table for run in runs], snapshot.cut)
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
        finally:
            run.report.seconds += time.monotonic() - started

    def _copy(self, run: TableRun, connection: psycopg.Connection, snapshot: Snapshot) -> None:
        schema = run.schema = describe_view(connection, run.contract)
        run.report.added_columns = self._warehouse.ensure_raw_table(schema)
        reason = "asked for" if self._full_refresh else reason_for_snapshot(schema, snapshot, run.before)
        run.report.mode = "snapshot" if reason else "incremental"
        run.report.snapshot_reason = reason
        changed = None
        gone: list[str] = []
        if not run.is_snapshot:
            assert run.before is not None
            changed = f"{ROW_VERSION} >= '{run.before.xmin}'::xid8"
            gone = deleted_keys(connection, schema, run.before.xmin)
        try:
            self._copy_rows(snapshot, run, schema, changed)
        except UnportableValueError:
            run.report.quarantined_keys = unportable_keys(connection, schema)
            if not run.report.quarantined_keys:
                raise
            portable = f"not ({schema.unportable})"
            self._copy_rows(snapshot, run, schema, f"{changed} and {portable}" if changed else portable)
        if not run.is_snapshot:
            self._write_deletions(snapshot, run, sorted({*gone, *run.report.quarantined_keys}))

    def _copy_rows(self, snapshot: Snapshot, run: TableRun, schema: ViewSchema, where: str | None) -> None:
        attempt = len(run.uris)
        run.uris = []
        writers: list[ObjectWriter] = []

        def open_part(number: int) -> ObjectWriter:
            writer = self._bucket.open_part(snapshot.cut, run.contract.table, attempt + number)
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
            )
        reach(f"{run.contract.table} uploaded")
        run.report.rows_read = extraction.rows
        run.report.parquet_bytes = sum(writer.size for writer in writers)

    def _write_deletions(self, snapshot: Snapshot, run: TableRun, keys: list[str]) -> None:
        run.deleted = len(keys)
        if keys:
            writer = self._bucket.open_deletions(snapshot.cut, run.contract.table)
            run.deletions_uri = writer.uri
            write_keys(keys, writer)  # type: ignore[arg-type]

    def _load(self, run: TableRun, snapshot: Snapshot) -> None:
        assert run.schema is not None
        if run.is_snapshot or run.uris or run.deletions_uri:
            job = self._warehouse.load_parts(run.schema, snapshot.cut, run.uris)
            if job is not None:
                run.report.job_ids.append(job.job_id)
            reach(f"{run.contract.table} loaded")
            self._warehouse.check_loaded(run.schema, snapshot.cut, run.report.rows_read)
            if run.deletions_uri:
                job = self._warehouse.load_deleted_keys(run.schema, snapshot.cut, run.deletions_uri, run.deleted)
                run.report.job_ids.append(job.job_id)
                reach(f"{run.contract.table} deletions loaded")
            run.report.rows_inserted, run.report.rows_updated, run.report.rows_deleted = self._warehouse.count_changes(
                run.schema, snapshot.cut, snapshot=run.is_snapshot, deleted=run.deletions_uri is not None
            )
        if run.is_snapshot and not self._allow_shrink:
            refuse_shrinking(self._settings, self._warehouse, run.schema, snapshot.cut)
        self._tell(run, "load", run.report.rows_read)

    def _merge(self, snapshot: Snapshot, runs: Sequence[TableRun], before: dict[str, Watermark]) -> None:
        statements, after = [], []
        for run in runs:
            assert run.schema is not None
            report = run.report
            if run.is_snapshot:
                report.rows = report.rows_read
                statements += replace_statements(self._warehouse, run.schema, snapshot.cut)
            else:
                assert run.before is not None
                report.rows = run.before.row_count + report.rows_inserted - report.rows_deleted
                statements += merge_statements(
                    self._warehouse,
                    run.schema,
                    snapshot.cut,
                    changed=bool(run.uris),
                    deleted=run.deletions_uri is not None,
                )
            after.append(Watermark.of(run.contract.table, snapshot, run.schema.fingerprint, report.rows))
        tables = [run.contract.table for run in runs]
        script = transaction([self._control.compare(tables, before), *statements, *self._control.swap(after)])
        reach("about to merge")
        try:
            job_id = self._warehouse.jobs.script(script, f"export-merge-{snapshot.cut}").job_id
        except LoadFailedError as error:
            # The answer may be lost although the transaction was committed; the watermark knows.
            now = self._control.read()
            if any(now.get(table) is None or now[table].cut != snapshot.cut for table in tables):
                if any(now.get(table) != before.get(table) for table in tables):
                    raise ConcurrentExportError("another export moved the watermark; run again") from error
                raise
            job_id = f"export-merge-{snapshot.cut}"
        for run in runs:
            run.report.job_ids.append(job_id)
            self._tell(run, "merge", run.report.rows)

    def _tell(self, run: TableRun, stage: Stage, rows: int) -> None:
        if self._progress is not None:
            self._progress(run.contract.table, stage, rows)
