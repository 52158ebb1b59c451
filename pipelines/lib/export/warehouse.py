"""The raw tables in BigQuery: made from the contracts, filled from load tables in one transaction.

A run loads every table into a load table of its own, checks it, and then moves all of them in one multi-statement
transaction that begins with a compare-and-swap of the watermark. Killed before it, nothing changed; killed after it,
everything did.
"""

from __future__ import annotations

import google.api_core.exceptions
from google.cloud import bigquery

from pipelines.lib.export.bigquery_jobs import CALL_SECONDS, JobRunner, call_retry, safe_job_id
from pipelines.lib.export.contract import ROW_VERSION
from pipelines.lib.export.errors import LoadMismatchError, SchemaChangeError
from pipelines.lib.export.view_schema import ViewColumn, ViewSchema
from pipelines.settings import PipelineSettings

TIME_TRAVEL_HOURS = 48  # the least BigQuery allows: an erased row is unreachable two days later
LOAD_TABLE_MILLISECONDS = 24 * 3600 * 1000


def schema_field(column: ViewColumn, *, nullable: bool = False) -> bigquery.SchemaField:
    """A column as BigQuery's schema describes it; `nullable` for one that is added to rows already there."""
    mode = "REPEATED" if column.type.is_array else "REQUIRED" if column.required and not nullable else "NULLABLE"
    kind = {"INT64": "INTEGER", "BOOL": "BOOLEAN", "FLOAT64": "FLOAT"}.get(column.type.bigquery, column.type.bigquery)
    described: dict[str, object] = {"name": column.name, "type": kind, "mode": mode}
    if column.description:
        described["description"] = column.description
    if column.type.precision is not None:
        described |= {"precision": column.type.precision, "scale": column.type.scale or 0}
    return bigquery.SchemaField.from_api_repr(described)


class RawWarehouse:
    """The datasets `…_raw` and `…_load` of one project."""

    def __init__(self, client: bigquery.Client, settings: PipelineSettings) -> None:
        self._client = client
        self.jobs = JobRunner(client)
        self._settings = settings
        self.raw = f"{settings.gcp_project_id}.{settings.raw_dataset}"
        self.load_dataset = f"{settings.gcp_project_id}.{settings.load_dataset}"

    def raw_table(self, table: str) -> str:
        """The full id of a raw table."""
        return f"{self.raw}.{table}"

    def load_table(self, table: str, cut: str) -> str:
        """The full id of the table one run loads into."""
        return f"{self.load_dataset}.{table}_{safe_job_id(cut).replace('-', '_')}"

    def deletions_table(self, table: str, cut: str) -> str:
        """The full id of the table one run loads deleted keys into."""
        return f"{self.load_table(table, cut)}_deleted"

    def ensure_datasets(self) -> None:
        """Make the two datasets when they are missing."""
        for name, expiry in ((self.raw, None), (self.load_dataset, LOAD_TABLE_MILLISECONDS)):
            dataset = bigquery.Dataset(name)
            dataset.location = self._settings.bigquery_location
            dataset.max_time_travel_hours = TIME_TRAVEL_HOURS
            dataset.default_table_expiration_ms = expiry
            made = self._client.create_dataset(dataset, exists_ok=True, timeout=CALL_SECONDS, retry=call_retry())
            # Made by somebody else, with BigQuery's seven days. BigQuery answers with the number as text.
            if int(made.max_time_travel_hours or 0) != TIME_TRAVEL_HOURS:
                made.max_time_travel_hours = TIME_TRAVEL_HOURS
                self._client.update_dataset(made, ["max_time_travel_hours"], timeout=CALL_SECONDS, retry=call_retry())

    def ensure_raw_table(self, schema: ViewSchema) -> list[str]:
        """Make the raw table, or add the columns it lacks; returns the names of the added ones.

        Raises SchemaChangeError when the table has a column the view lost, or one of another type.
        """
        name = self.raw_table(schema.table)
        try:
            existing = self._client.get_table(name, timeout=CALL_SECONDS, retry=call_retry())
        except google.api_core.exceptions.NotFound:
            self._create(name, schema, partitioned=True)
            return []
        exact = self._settings.bigquery_emulator_host is None
        refuse_changed_columns(schema, existing, self._settings.raw_dataset, exact_decimals=exact)
        kept = {field.name for field in existing.schema}
        added = [column for column in schema.columns if column.name not in kept]
        if added:
            # The statement changes the storage, the update the metadata; on BigQuery itself either would do.
            additions = ", ".join(f"add column if not exists `{c.name}` {c.type.bigquery_ddl}" for c in added)
            self.jobs.rows(f"alter table `{name}` {additions}")
            fresh = self._client.get_table(name, timeout=CALL_SECONDS, retry=call_retry())
            known = {field.name for field in fresh.schema}
            fresh.schema = [*fresh.schema, *(schema_field(c, nullable=True) for c in added if c.name not in known)]
            self._client.update_table(fresh, ["schema"], timeout=CALL_SECONDS, retry=call_retry())
            self._describe(name, schema)
        return [column.name for column in added]

    def load_parts(self, schema: ViewSchema, cut: str, uris: list[str]) -> bigquery.LoadJob | None:
        """Load Parquet objects into this run's load table; returns the job, or None when there was nothing to load."""
        name = self.load_table(schema.table, cut)
        self._create(name, schema, partitioned=False)
        if not uris:
            return None
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=[schema_field(column) for column in schema.columns],
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,  # a repeated load replaces, never adds
        )
        if any(column.type.is_array for column in schema.columns):
            config.parquet_options = bigquery.ParquetOptions.from_api_repr({"enableListInference": True})
        return self.jobs.load(uris, name, config, f"export-load-{cut}-{schema.table}")

    def load_deleted_keys(self, table: str, cut: str, uri: str, expected: int) -> bigquery.LoadJob:
        """Load the keys that left into a table of their own. Raises LoadMismatchError when some are missing."""
        name = self.deletions_table(table, cut)
        self.jobs.rows(f"create table if not exists `{name}` (row_key string not null)")
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=[bigquery.SchemaField("row_key", "STRING", "REQUIRED")],
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        )
        job = self.jobs.load([uri], name, config, f"export-load-{cut}-{table}-deleted")
        [row] = self.jobs.rows(f"select count(distinct row_key) as keys from `{name}`")  # noqa: S608
        if row["keys"] != expected:
            raise LoadMismatchError(f"{table}: {expected} deleted keys were written and {row['keys']} loaded")
        return job

    def count_changes(self, schema: ViewSchema, cut: str, *, snapshot: bool, deleted: bool) -> tuple[int, int, int]:
        """Rows the merge will insert, update and delete."""
        raw, load, key = self.raw_table(schema.table), self.load_table(schema.table, cut), schema.contract.key
        version = ROW_VERSION if any(column.name == ROW_VERSION for column in schema.columns) else key
        gone = "0"
        if snapshot:
            gone = f"(select count(*) from `{raw}` r left join `{load}` l on l.{key} = r.{key} where l.{key} is null)"  # noqa: S608
        elif deleted:
            keys = self.deletions_table(schema.table, cut)
            gone = f"(select count(*) from `{raw}` where {key} in (select row_key from `{keys}`))"  # noqa: S608
        [row] = self.jobs.rows(
            f"select countif(r.{key} is null) as inserted,"  # noqa: S608
            f" countif(r.{key} is not null and (r.{version} is null or r.{version} <> l.{version})) as updated,"
            f" {gone} as deleted from `{load}` l left join `{raw}` r on r.{key} = l.{key}"
        )
        return row["inserted"], row["updated"], row["deleted"]

    def check_loaded(self, schema: ViewSchema, cut: str, expected: int) -> None:
        """Compare rows written, rows loaded and distinct keys. Raises LoadMismatchError when they differ."""
        key = schema.contract.key
        [row] = self.jobs.rows(
            f"select count(*) as loaded, count(distinct {key}) as keys from `{self.load_table(schema.table, cut)}`"  # noqa: S608
        )
        if not row["loaded"] == row["keys"] == expected:
            raise LoadMismatchError(
                f"{schema.table}: {expected} rows were written, {row['loaded']} loaded with {row['keys']} distinct"
                f" keys; nothing was merged, run the export again"
            )

    def drop_load_tables(self) -> int:
        """Remove all load tables, this run's and what a killed run left: they may hold people who have left since."""
        listed = self._client.list_tables(self.load_dataset, timeout=CALL_SECONDS, retry=call_retry())
        names = [item.reference for item in listed]
        for name in names:
            self._client.delete_table(name, not_found_ok=True, timeout=CALL_SECONDS, retry=call_retry())
        return len(names)

    def _create(self, name: str, schema: ViewSchema, *, partitioned: bool) -> None:
        """Make a table by DDL, which keeps a decimal's precision everywhere."""
        columns = ",\n  ".join(column_definition(column) for column in schema.columns)
        statement = f"create table if not exists `{name}` (\n  {columns}\n)"
        if partitioned and schema.contract.partition:
            partition = schema.contract.partition
            statement += f"\npartition by timestamp_trunc({partition.column}, {partition.unit})"
        if partitioned and schema.contract.cluster:
            statement += f"\ncluster by {', '.join(schema.contract.cluster)}"
        self.jobs.rows(statement)
        if partitioned:
            self._describe(name, schema)

    def _describe(self, name: str, schema: ViewSchema) -> None:
        """Write the contract's descriptions; a call of its own, because not every engine takes them inside the DDL."""
        table = self._client.get_table(name, timeout=CALL_SECONDS, retry=call_retry())
        descriptions = {column.name: column.description for column in schema.columns}
        table.description = schema.contract.description
        table.schema = [
            bigquery.SchemaField.from_api_repr(field.to_api_repr() | {"description": descriptions.get(field.name, "")})
            for field in table.schema
        ]
        self._client.update_table(table, ["schema", "description"], timeout=CALL_SECONDS, retry=call_retry())


def column_definition(column: ViewColumn) -> str:
    """A column as DDL writes it."""
    required = " not null" if column.required and not column.type.is_array else ""
    return f"`{column.name}` {column.type.bigquery_ddl}{required}"


def refuse_changed_columns(
    schema: ViewSchema, existing: bigquery.Table, dataset: str, *, exact_decimals: bool = True
) -> None:
    """Raise SchemaChangeError, naming the statements, when the raw table has columns the view lost or retyped.

    BigQuery's stand-in says NUMERIC of every decimal, so only without `exact_decimals` it can be compared at all.
    """
    wanted = {column.name: column for column in schema.columns}
    statements = []
    for field in existing.schema:
        column = wanted.get(field.name)
        if column is None:
            statements.append(f"ALTER TABLE `{dataset}.{schema.table}` DROP COLUMN `{field.name}`")
        elif signature(field, exact_decimals) != signature(schema_field(column), exact_decimals):
            statements.append(
                f"ALTER TABLE `{dataset}.{schema.table}` ALTER COLUMN `{field.name}`"
                f" SET DATA TYPE {column.type.bigquery_ddl}"
            )
    if statements:
        raise SchemaChangeError(
            f"{schema.table}: the view no longer matches the raw table. If that is meant, run: {'; '.join(statements)}"
        )


def signature(field: bigquery.SchemaField, exact_decimals: bool = True) -> tuple[str, bool, int | None, int | None]:
    """What makes two columns the same kind: NUMERIC(14, 2) would round or refuse what NUMERIC(20, 12) holds."""
    names = {
        "INT64": "INTEGER",
        "BOOL": "BOOLEAN",
        "FLOAT64": "FLOAT",
        "DECIMAL": "NUMERIC",
        "BIGDECIMAL": "BIGNUMERIC",
    }
    kind = names.get(field.field_type.upper(), field.field_type.upper())
    if kind not in {"NUMERIC", "BIGNUMERIC"}:
        return kind, field.mode == "REPEATED", None, None
    if not exact_decimals:
        return "NUMERIC", field.mode == "REPEATED", None, None
    return kind, field.mode == "REPEATED", field.precision, field.scale or 0
