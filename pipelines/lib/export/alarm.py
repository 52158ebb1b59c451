"""What an operator must be told although no run is red: exports that do not succeed, a watermark that stands."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from api.telemetry.measures import Measures
from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.control import ControlTable, Watermark
from pipelines.lib.export.held_back import describe_holder
from pipelines.lib.export.snapshot import open_snapshot
from pipelines.lib.export.warehouse import RawWarehouse
from pipelines.settings import PipelineSettings

OVERDUE = timedelta(hours=1)


def overdue(tables: Iterable[str], watermarks: dict[str, Watermark], now: datetime) -> list[str]:
    """One line for each table whose last successful export is an hour old, or that was never exported."""
    lines = []
    for table in tables:
        watermark = watermarks.get(table)
        if watermark is None:
            lines.append(f"{table}: never exported")
        elif now - watermark.cut_at > OVERDUE:
            minutes = int((now - watermark.cut_at).total_seconds() // 60)
            lines.append(f"{table}: no export succeeded for {minutes} minutes; the last cut is {watermark.cut}")
    return lines


def lag_seconds(tables: Iterable[str], watermarks: dict[str, Watermark], now: datetime) -> float:
    """Age of the oldest cut among these tables; not a number while one was never exported."""
    names = list(tables)
    if not names or any(name not in watermarks for name in names):
        return math.nan
    return (now - min(watermarks[name].cut_at for name in names)).total_seconds()


def alarms(settings: PipelineSettings, now: datetime | None = None, measures: Measures | None = None) -> list[str]:
    """Everything that must be looked at, one line each; empty when all is well. The lag is sent as a measure."""
    now = now or datetime.now(UTC)
    client = bigquery_client(settings)
    warehouse = RawWarehouse(client, settings)
    warehouse.ensure_datasets()
    control = ControlTable(client, warehouse.jobs, warehouse.raw)
    control.ensure()
    watermarks = control.read()
    tables = load_contracts()
    if measures is not None:
        measures.gauge("cvstomize_export_lag_seconds", lag_seconds(tables, watermarks, now))
    lines = overdue(tables, watermarks, now)
    with open_snapshot(settings.database_url) as (connection, snapshot):
        holder = describe_holder(connection, snapshot, watermarks.values())
    return [*lines, f"the watermark is held back: {holder}"] if holder else lines
