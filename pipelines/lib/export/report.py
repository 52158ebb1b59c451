"""What an export did, table by table: the metadata of its Dagster assets and the last lines of `cvstomize export`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Mode = Literal["snapshot", "incremental"]
Stage = Literal["copy", "load", "merge", "done", "stopped"]
# Called with the table, the stage it is in, and how many rows the stage has just added.
Progress = Callable[[str, Stage, int], None]


@dataclass(slots=True)
class TableReport:
    """One table of one export. `rows` is what the raw table holds afterwards."""

    table: str
    mode: Mode = "snapshot"
    snapshot_reason: str | None = None
    rows: int = 0
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    parquet_bytes: int = 0
    seconds: float = 0.0
    job_ids: list[str] = field(default_factory=list)
    added_columns: list[str] = field(default_factory=list)
    quarantined_keys: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def clean(self) -> bool:
        """Whether every row of the table arrived."""
        return self.error is None and not self.quarantined_keys


@dataclass(slots=True)
class ExportReport:
    """One export: its cut, the watermark it leaves, and its tables in order.

    `lag_seconds` is how old the rows were when readers first saw them: from the snapshot to the end of the merge.
    `held_back` names the transaction that has kept the watermark where the last export left it.
    """

    cut: str
    cut_at: datetime
    watermark: int
    tables: list[TableReport] = field(default_factory=list)
    seconds: float = 0.0
    lag_seconds: float = 0.0
    held_back: str | None = None
    removed_objects: int = 0

    @property
    def clean(self) -> bool:
        """Whether every table arrived whole."""
        return all(table.clean for table in self.tables)

    def problems(self) -> list[str]:
        """One line for each table that stopped or left rows behind."""
        lines = []
        for table in self.tables:
            if table.error:
                lines.append(table.error)
            if table.quarantined_keys:
                shown = ", ".join(table.quarantined_keys[:20])
                lines.append(
                    f"{table.table}: {len(table.quarantined_keys)} rows hold NaN, infinity or a year past 9999 and"
                    f" stayed behind; mend the rows with these keys: {shown}"
                )
        return lines
