"""The watermark table in BigQuery: which cut each raw table holds, and up to which transaction of which cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from google.cloud import bigquery

from pipelines.lib.export.bigquery_jobs import CALL_SECONDS, JobRunner, call_retry
from pipelines.lib.export.snapshot import Snapshot, SourceIdentity

CONTROL_TABLE = "export_control"
FIELDS = (
    ("table_name", "STRING", "The raw table."),
    ("cut", "STRING", "Id of the export whose rows the raw table holds."),
    ("cut_at", "TIMESTAMP", "When its snapshot was taken."),
    ("watermark", "INTEGER", "The snapshot's xmin: the next export reads from this transaction on."),
    ("system_identifier", "INTEGER", "The Postgres cluster the watermark belongs to."),
    ("database_oid", "INTEGER", "The database in it."),
    ("timeline", "INTEGER", "Its timeline, which a restore or a fail-over moves on."),
    ("fingerprint", "STRING", "Hash of the view: its columns, their types, its query and the tables it reads."),
    ("row_count", "INTEGER", "Rows in the raw table at the cut."),
)


@dataclass(frozen=True, slots=True)
class Watermark:
    """One row of the control table."""

    table: str
    cut: str
    cut_at: datetime
    xmin: int
    identity: SourceIdentity
    fingerprint: str
    row_count: int

    @classmethod
    def of(cls, table: str, snapshot: Snapshot, fingerprint: str, row_count: int) -> Watermark:
        """The row an export of this snapshot leaves."""
        return cls(table, snapshot.cut, snapshot.taken_at, snapshot.xmin, snapshot.identity, fingerprint, row_count)

    def literal(self) -> str:
        """The row as a SQL tuple. Every text in it is made by the export itself."""
        return (
            f"('{self.table}', '{self.cut}', timestamp '{self.cut_at:%Y-%m-%d %H:%M:%S.%f}+00', {self.xmin},"
            f" {self.identity.system_identifier}, {self.identity.database_oid}, {self.identity.timeline},"
            f" '{self.fingerprint}', {self.row_count})"
        )


class ControlTable:
    """Reads the watermarks and writes the statements that move them."""

    def __init__(self, client: bigquery.Client, jobs: JobRunner, dataset: str) -> None:
        self._client = client
        self._jobs = jobs
        self.name = f"{dataset}.{CONTROL_TABLE}"

    def ensure(self) -> None:
        """Make the table when it is missing."""
        fields = [bigquery.SchemaField(name, kind, "REQUIRED", description=text) for name, kind, text in FIELDS]
        table = bigquery.Table(self.name, schema=fields)
        table.description = "The export's watermarks, one row a raw table."
        self._client.create_table(table, exists_ok=True, timeout=CALL_SECONDS, retry=call_retry())

    def read(self) -> dict[str, Watermark]:
        """The watermarks by table."""
        names = ", ".join(name for name, _, _ in FIELDS)
        return {
            row["table_name"]: Watermark(
                row["table_name"],
                row["cut"],
                row["cut_at"],
                row["watermark"],
                SourceIdentity(row["system_identifier"], row["database_oid"], row["timeline"]),
                row["fingerprint"],
                row["row_count"],
            )
            for row in self._jobs.rows(f"select {names} from `{self.name}`")  # noqa: S608
        }

    def compare(self, tables: Iterable[str], before: dict[str, Watermark]) -> str:
        """The statement that stops the transaction when a watermark is not what this run began with."""
        clauses, expected = [], 0
        for table in tables:
            clauses.append(f"table_name = '{table}'")
            expected += table in before
        same = [f"(table_name = '{t}' and cut = '{before[t].cut}')" for t in tables if t in before]
        return (
            f"if (select count(*) from `{self.name}` where {' or '.join(clauses)}) <> {expected}"  # noqa: S608
            + (f" or (select count(*) from `{self.name}` where {' or '.join(same)}) <> {expected}" if same else "")  # noqa: S608
            + " then raise using message = 'the watermark was moved by another export'; end if"
        )

    def recount(self, table: str, dataset: str) -> str:
        """The statement that records how many rows a table has whose watermark stays."""
        count = f"(select count(*) from `{dataset}.{table}`)"  # noqa: S608
        return f"update `{self.name}` set row_count = {count} where table_name = '{table}'"  # noqa: S608

    def swap(self, after: Sequence[Watermark]) -> list[str]:
        """The statements that set the new watermarks; none when no table got one."""
        if not after:
            return []
        names = ", ".join(f"'{watermark.table}'" for watermark in after)
        columns = ", ".join(name for name, _, _ in FIELDS)
        values = ", ".join(watermark.literal() for watermark in after)
        return [
            f"delete from `{self.name}` where table_name in ({names})",  # noqa: S608
            f"insert into `{self.name}` ({columns}) values {values}",  # noqa: S608
        ]
