"""Group `raw`: the BigQuery copies of the export views, one cut a run."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
from pydantic import Field

from api.db.url import libpq_url
from pipelines.defs.operational.assets import contract_columns, table_key, view_key
from pipelines.lib.export.contract import TableContract, load_contracts
from pipelines.lib.export.report import ExportReport, TableReport
from pipelines.settings import load_settings

OWNER = "team:data"
POOL = "export"
RETRIES = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


class ExportConfig(dg.Config):
    """How one export differs from the usual one."""

    tables: list[str] = Field(
        default=[], description="Only these raw tables, for example ['resumes']. Empty: all that the run selects."
    )
    full_refresh: bool = Field(
        default=False,
        description="Replace the raw tables by a full snapshot instead of carrying over what changed.",
    )
    allow_shrink: bool = Field(
        default=False,
        description="Accept a snapshot that is empty or less than half as large as the raw table it replaces.",
    )


def raw_key(table: str) -> dg.AssetKey:
    """The asset of a raw table."""
    return dg.AssetKey(["raw", table])


def raw_spec(contract: TableContract) -> dg.AssetSpec:
    """A raw table in BigQuery."""
    return dg.AssetSpec(
        raw_key(contract.table),
        deps=[view_key(contract.table)],
        description=contract.description,
        group_name="raw",
        owners=[OWNER],
        kinds={"bigquery", "parquet", "googlecloud"},
        metadata={"dagster/column_schema": contract_columns(contract)},
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=1), warn_window=timedelta(minutes=40)
        ),
    )


@dg.multi_asset(
    name="export_tables",
    specs=[raw_spec(contract) for contract in load_contracts().values()],
    can_subset=True,
    pool=POOL,
    retry_policy=RETRIES,
)
def raw_tables(context: dg.AssetExecutionContext, config: ExportConfig) -> Iterator[dg.MaterializeResult[None]]:
    """Copy the selected views to BigQuery at one cut. Red when a table stopped or left rows behind."""
    from pipelines.lib.export.export_run import run_export
    from pipelines.lib.table_sizes import estimated_rows

    selected = [key.path[-1] for key in context.selected_asset_keys]
    tables = [table for table in selected if not config.tables or table in config.tables]
    settings = load_settings()
    report = run_export(settings, tables=tables, full_refresh=config.full_refresh, allow_shrink=config.allow_shrink)
    context.log.info("cut %s: %d tables in %.1f s", report.cut, len(report.tables), report.seconds)
    for table in report.tables:
        context.log_event(
            dg.AssetObservation(view_key(table.table), metadata={"dagster/row_count": table.rows, "cut": report.cut})
        )
        if table.error is None:
            yield dg.MaterializeResult(
                asset_key=raw_key(table.table),
                metadata=table_metadata(report, table, settings.raw_dataset),
                data_version=dg.DataVersion(report.cut),
            )
    for name, rows in estimated_rows(libpq_url(settings.pipeline_database_url.get_secret_value())).items():
        metadata = {"dagster/row_count": rows, "estimated": True}
        context.log_event(dg.AssetObservation(table_key(name), metadata=metadata))
    if not report.clean:
        raise dg.Failure("\n".join(report.problems()), allow_retries=False)


def table_metadata(report: ExportReport, table: TableReport, dataset: str) -> dict[str, Any]:
    """What the UI plots and shows for one table of an export."""
    return {
        "dagster/row_count": table.rows,
        "dagster/table_name": f"{dataset}.{table.table}",
        "cut": report.cut,
        "cut_at": dg.MetadataValue.timestamp(report.cut_at),
        "watermark": report.watermark,
        "mode": table.mode,
        "snapshot_reason": table.snapshot_reason or "",
        "rows_read": table.rows_read,
        "rows_inserted": table.rows_inserted,
        "rows_updated": table.rows_updated,
        "rows_deleted": table.rows_deleted,
        "parquet_bytes": table.parquet_bytes,
        "seconds": round(table.seconds, 3),
        "lag_seconds": round(report.lag_seconds, 3),
        "job_ids": table.job_ids,
        "added_columns": table.added_columns,
        "quarantined_rows": len(table.quarantined_keys),
    }
