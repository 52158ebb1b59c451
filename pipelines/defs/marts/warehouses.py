"""The two warehouses dbt builds for, and what a dbt process needs to reach each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.errors import ExportError
from pipelines.settings import PipelineSettings

# Clients of Postgres and BigQuery are imported where they are used: the code location loads without them.

Target = Literal["postgres", "bigquery"]
TARGETS: tuple[Target, ...] = ("postgres", "bigquery")


@dataclass(frozen=True, slots=True)
class Warehouse:
    """One target of the dbt project, with the settings of this installation."""

    target: Target
    settings: PipelineSettings

    def put_into_environment(self) -> None:
        """Set what `profiles.yml` reads. dbt runs as a child process and gets the environment of this one."""
        from psycopg.conninfo import conninfo_to_dict

        parts = conninfo_to_dict(self.settings.database_url)
        os.environ |= {
            "DBT_POSTGRES_HOST": str(parts.get("host", "127.0.0.1")),
            "DBT_POSTGRES_PORT": str(parts.get("port") or 5432),
            "DBT_POSTGRES_USER": str(parts.get("user", "")),
            "DBT_POSTGRES_PASSWORD": str(parts.get("password", "")),
            "DBT_POSTGRES_DATABASE": str(parts.get("dbname", "")),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_NO_VERSION_CHECK": "true",
            "PGTZ": "UTC",  # datediff on timestamptz depends on the session's zone
        }

    def source_cut(self) -> datetime:
        """When the source was read: the oldest cut of the raw tables, or now for the live views.

        Raises ExportError when a raw table was never exported.
        """
        if self.target == "postgres":
            from pipelines.lib.export.database import connect

            with connect(self.settings.database_url, autocommit=True) as connection:
                row = connection.execute("select clock_timestamp()").fetchone()
                assert row is not None
                now: datetime = row[0]
                return now.astimezone(UTC)
        from pipelines.lib.export.bigquery_jobs import bigquery_client
        from pipelines.lib.export.control import ControlTable
        from pipelines.lib.export.warehouse import RawWarehouse

        client = bigquery_client(self.settings)
        warehouse = RawWarehouse(client, self.settings)
        watermarks = ControlTable(client, warehouse.jobs, warehouse.raw).read()
        missing = sorted(set(load_contracts()) - set(watermarks))
        if missing:
            raise ExportError(f"not in BigQuery yet: {', '.join(missing)}; run cvstomize export first")
        return min(watermarks[table].cut_at for table in load_contracts())

    def row_count(self, layer: str, table: str) -> int:
        """How many rows a model has."""
        if self.target == "postgres":
            from pipelines.lib.export.database import connect

            with connect(self.settings.database_url, autocommit=True) as connection:
                row = connection.execute(f'select count(*) from {layer}."{table}"').fetchone()  # noqa: S608
                assert row is not None
                return int(row[0])
        from pipelines.lib.export.bigquery_jobs import bigquery_client
        from pipelines.lib.export.warehouse import RawWarehouse

        client = bigquery_client(self.settings)
        jobs = RawWarehouse(client, self.settings).jobs
        name = f"{self.settings.gcp_project_id}.{self.settings.warehouse_dataset(layer)}.{table}"
        [counted] = jobs.rows(f"select count(*) as row_count from `{name}`")  # noqa: S608
        return int(counted["row_count"])
