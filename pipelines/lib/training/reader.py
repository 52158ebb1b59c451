"""Reads `core.training_examples` from the warehouse the datasets are built from, in pages, never all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.errors import UndefinedColumn, UndefinedTable
from psycopg.rows import dict_row

from pipelines.lib.export.bigquery_jobs import bigquery_client
from pipelines.lib.export.database import connect
from pipelines.lib.training.errors import BadExampleError
from pipelines.lib.training.example import COLUMNS, TrainingExample, read_example
from pipelines.settings import PipelineSettings

MODEL = "training_examples"
CUT_MART = "time_to_interview"
PAGE_ROWS = 500
QUERY_SECONDS = 600


@dataclass(frozen=True, slots=True)
class ExampleSource:
    """Where the rows are: the settings of the installation, and which warehouse to read (`postgres`, `bigquery`)."""

    settings: PipelineSettings
    warehouse: str

    def read(self) -> Iterator[TrainingExample]:
        """Every row, typed, in no order. Raises BadExampleError when the model is not there or has changed."""
        for record in self._query(f"select {', '.join(COLUMNS)} from {self.table}"):  # noqa: S608 - names of our own
            yield read_example(record)

    def newest_consent_version(self) -> str | None:
        """The newest policy version among the rows; None when there is no row."""
        sql = f"select max(training_policy_version) as newest from {self.table}"  # noqa: S608 - names of our own
        newest = [record["newest"] for record in self._query(sql)]
        return newest[0] if newest else None

    def source_cut(self) -> str:
        """The snapshot that the warehouse was built from, in RFC 3339; its marts carry it."""
        sql = f"select max(source_cut) as cut from {self._table('marts', CUT_MART)}"  # noqa: S608 - names of our own
        cuts = [record["cut"] for record in self._query(sql)]
        if not cuts or cuts[0] is None:
            raise BadExampleError("the marts name no source cut: build them first, or give source_cut")
        cut: datetime = cuts[0]
        return cut.astimezone(UTC).isoformat()

    @property
    def table(self) -> str:
        """The model's table as SQL of the warehouse."""
        return self._table("core", MODEL)

    def _table(self, layer: str, name: str) -> str:
        if self.warehouse == "postgres":
            return f"{layer}.{name}"
        return f"`{self.settings.gcp_project_id}.{self.settings.warehouse_dataset(layer)}.{name}`"

    def _query(self, sql: str) -> Iterator[Mapping[str, Any]]:
        return self._postgres(sql) if self.warehouse == "postgres" else self._bigquery(sql)

    def _postgres(self, sql: str) -> Iterator[Mapping[str, Any]]:
        with connect(self.settings.database_url) as connection:
            connection.read_only = True
            with connection.cursor(name="training_examples", row_factory=dict_row) as cursor:
                cursor.itersize = PAGE_ROWS
                try:
                    cursor.execute(sql.encode())
                except (UndefinedTable, UndefinedColumn) as error:
                    raise missing_model(str(error)) from None
                yield from cursor

    def _bigquery(self, sql: str) -> Iterator[Mapping[str, Any]]:
        from google.api_core.exceptions import BadRequest, NotFound

        client = bigquery_client(self.settings)
        try:
            rows = client.query_and_wait(sql, page_size=PAGE_ROWS, wait_timeout=QUERY_SECONDS)
            for row in rows:
                yield dict(row.items())
        except (BadRequest, NotFound) as error:
            raise missing_model(error.message) from None
        finally:
            client.close()  # type: ignore[no-untyped-call]


def missing_model(reason: str) -> BadExampleError:
    """The error for a model that is not there or lacks a column."""
    first = reason.strip().splitlines()[0] if reason.strip() else "not found"
    return BadExampleError(f"training_examples cannot be read, build the dbt models first: {first}")
