"""Checks of groups `operational` and `raw`: the views keep their contracts, and the raw tables hold one cut."""

import dagster as dg

from pipelines.defs.export.assets import raw_key
from pipelines.defs.operational.assets import view_key
from pipelines.lib.export.contract import load_contracts
from pipelines.settings import load_settings


@dg.asset_check(
    asset=view_key("people"),
    name="views_match_contracts",
    description="Every export view offers the columns and types its contract promises.",
)
def views_match_contracts() -> dg.AssetCheckResult:
    """Hold every view against its contract."""
    from pipelines.lib.export.database import connect
    from pipelines.lib.export.errors import SchemaChangeError
    from pipelines.lib.export.view_schema import describe_view

    problems, undescribed = [], []
    with connect(load_settings().database_url, autocommit=True) as connection:
        for contract in load_contracts().values():
            try:
                schema = describe_view(connection, contract)
            except SchemaChangeError as error:
                problems.append(str(error))
            else:
                promised = {column.name for column in contract.columns}
                undescribed += [f"{contract.table}.{c.name}" for c in schema.columns if c.name not in promised]
    return dg.AssetCheckResult(
        passed=not problems,
        metadata={"views": len(load_contracts()), "problems": problems, "columns_without_description": undescribed},
    )


@dg.asset_check(
    asset=raw_key("people"),
    additional_deps=[raw_key(table) for table in load_contracts() if table != "people"],
    name="raw_tables_hold_what_the_watermark_says",
    description="Each raw table has as many rows and as many distinct keys as its watermark recorded.",
)
def raw_tables_hold_what_the_watermark_says() -> dg.AssetCheckResult:
    """Count rows and keys of every raw table and compare them with the control table."""
    from pipelines.lib.export.bigquery_jobs import bigquery_client
    from pipelines.lib.export.control import ControlTable
    from pipelines.lib.export.warehouse import RawWarehouse

    settings = load_settings()
    client = bigquery_client(settings)
    warehouse = RawWarehouse(client, settings)
    watermarks = ControlTable(client, warehouse.jobs, warehouse.raw).read()
    problems, cuts = [], set()
    for table, contract in load_contracts().items():
        watermark = watermarks.get(table)
        if watermark is None:
            problems.append(f"{table}: never exported")
            continue
        [row] = warehouse.jobs.rows(
            f"select count(*) as row_count, count(distinct {contract.key}) as key_count"  # noqa: S608
            f" from `{warehouse.raw_table(table)}`"
        )
        cuts.add(watermark.cut)
        if not row["row_count"] == row["key_count"] == watermark.row_count:
            problems.append(
                f"{table}: {watermark.row_count} rows by the watermark, {row['row_count']} rows"
                f" with {row['key_count']} keys in BigQuery"
            )
    return dg.AssetCheckResult(passed=not problems, metadata={"problems": problems, "cuts": sorted(cuts)})


@dg.asset_check(
    asset=raw_key("people"),
    additional_deps=[raw_key(table) for table in load_contracts() if table != "people"],
    name="raw_tables_equal_postgres_at_their_cut",
    description="Rows, keys and a checksum of every column agree with the export views at the cut the raw tables hold.",
)
def raw_tables_equal_postgres_at_their_cut() -> dg.AssetCheckResult:
    """Compare both sides where the data is; only sums travel."""
    from pipelines.lib.export.reconcile import compare_all

    results = compare_all(load_settings())
    return dg.AssetCheckResult(
        passed=not any(result.problems for result in results),
        metadata={
            "problems": [problem for result in results for problem in result.problems],
            "rows_compared": {result.table: result.rows for result in results},
            "keys_changed_since": {result.table: result.left_out for result in results},
        },
    )


@dg.asset_check(
    asset=raw_key("people"),
    additional_deps=[raw_key(table) for table in load_contracts() if table != "people"],
    name="nobody_who_left_remains",
    description="Nobody who was erased or withdrew before the cut stands in raw or load tables or in Parquet objects.",
)
def nobody_who_left_remains() -> dg.AssetCheckResult:
    """Look for everybody who left before the cut in everything the export itself fills."""
    from pipelines.lib.residue import find_who_left

    settings = load_settings()
    left, residue = find_who_left(settings)
    filled = (
        f"gs://{settings.gcs_export_bucket}/",
        f"bigquery {settings.raw_dataset}.",
        f"bigquery {settings.load_dataset}.",
    )
    found = {place: len(keys) for place, keys in residue.items() if place.startswith(filled)}
    later = {place: len(keys) for place, keys in residue.items() if place not in found}
    return dg.AssetCheckResult(
        passed=not found, metadata={"people_who_left": left, "found": found, "waiting_for_the_next_build": later}
    )


@dg.asset_check(
    asset=dg.AssetKey(["published", "marts"]),
    name="nobody_who_left_remains_in_any_layer",
    description="Nobody who was erased or withdrew before the cut stands in raw, staging, core or marts of either"
    " warehouse, nor in Parquet objects.",
)
def nobody_who_left_remains_in_any_layer() -> dg.AssetCheckResult:
    """The same search after the models were built, with every layer counted."""
    from pipelines.lib.residue import find_who_left

    left, residue = find_who_left(load_settings())
    found = {place: len(keys) for place, keys in residue.items()}
    return dg.AssetCheckResult(passed=not found, metadata={"people_who_left": left, "found": found})
