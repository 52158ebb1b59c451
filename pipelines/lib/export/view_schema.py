"""What a view offers now, compared with what its contract promised and what BigQuery already keeps."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

import psycopg
from psycopg import sql

from pipelines.lib.export.column_types import ColumnType, from_postgres
from pipelines.lib.export.contract import TableContract
from pipelines.lib.export.errors import SchemaChangeError, UnportableValueError

SCHEMA = "export"
MAX_QUARANTINED = 100_000
AS_TEXT = {"uuid", "json", "jsonb"}
# BigQuery keeps some beginnings of names for itself: https://cloud.google.com/bigquery/docs/schemas#column_names
PORTABLE_NAME = re.compile(
    r"(?!(?i:_table_|_file_|_partition|_row_timestamp|__root__|_colidentifier))[A-Za-z_][A-Za-z0-9_]{0,127}"
)
# A view with everything it reads, however deep: the text of views, the identity of tables. Tables change their
# identity when a dump is restored over them: their rows then carry versions from before the watermark.
ORIGINS = """
with recursive origins (oid) as (
    select to_regclass(%s)::oid
    union
    select d.refobjid from origins o
    join pg_rewrite w on w.ev_class = o.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
)
select case when c.relkind = 'v' then pg_get_viewdef(c.oid) else c.oid::text end
from origins o join pg_class c on c.oid = o.oid order by 1
"""


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column as exported. `postgres_type` is what `format_type` prints."""

    name: str
    type: ColumnType
    postgres_type: str
    required: bool
    description: str

    @property
    def expression(self) -> str:
        """The SQL that COPY sends for it."""
        quoted = '"' + self.name.replace('"', '""') + '"'
        return f"{quoted}::text" if self.postgres_type in AS_TEXT else self.type.select(quoted)

    @property
    def unportable(self) -> str | None:
        """The SQL condition that marks a value which cannot travel."""
        return self.type.unportable('"' + self.name.replace('"', '""') + '"')


@dataclass(frozen=True, slots=True)
class ViewSchema:
    """The columns of one exported table, in the view's order."""

    contract: TableContract
    columns: tuple[ViewColumn, ...]
    origins: tuple[str, ...] = ()  # what the view says and reads; without it a schema is only a shape

    @property
    def table(self) -> str:
        """The table's name, the same in `export`, in Cloud Storage and in BigQuery."""
        return self.contract.table

    @property
    def fingerprint(self) -> str:
        """A hash of names, types and origins; when it changes, the next export is a full snapshot."""
        shape = [[column.name, column.postgres_type] for column in self.columns] + [list(self.origins)]
        return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]

    def select(self, where: str | None = None) -> str:
        """The query COPY runs: the columns, with rows that cannot travel left out when `where` says so."""
        columns = ", ".join(column.expression for column in self.columns)
        return f"select {columns} from {SCHEMA}.{self.table}" + (f" where {where}" if where else "")  # noqa: S608

    @property
    def unportable(self) -> str | None:
        """The SQL condition that marks a row which cannot travel, or None when every row can."""
        conditions = [f"coalesce({condition}, false)" for column in self.columns if (condition := column.unportable)]
        return " or ".join(conditions) if conditions else None


def describe_view(connection: psycopg.Connection, contract: TableContract) -> ViewSchema:
    """Read the view's columns and hold them against the contract.

    A column the contract does not know flows through without a description. Raises SchemaChangeError when the view,
    a promised column, or its type is gone, or BigQuery could not take a column, naming what would be needed.
    """
    rows = connection.execute(
        "select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a"
        " where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped order by a.attnum",
        [f"{SCHEMA}.{contract.table}"],
    ).fetchall()
    if not rows:
        raise SchemaChangeError(f"{contract.table}: there is no view export.{contract.table}; run cvstomize migrate")
    found: dict[str, str] = dict(rows)
    promised = {column.name: column for column in contract.columns}
    problems = []
    for name, column in promised.items():
        if name not in found:
            problems.append(f"export.{contract.table} lost {name} {column.type}; put it back into the view, or drop it"
                            f" from pipelines/lib/export/contracts/{contract.table}.yaml and run"
                            f" ALTER TABLE raw.{contract.table} DROP COLUMN {name}")  # fmt: skip
        elif from_postgres(found[name]) != column.column_type:
            problems.append(f"export.{contract.table}.{name} is {found[name]} and the contract says {column.type};"
                            f" cast it in the view, or change the contract and run ALTER TABLE raw.{contract.table}"
                            f" ALTER COLUMN {name} SET DATA TYPE ...")  # fmt: skip
    columns, taken = [], set[str]()
    for name, postgres_type in rows:
        if not PORTABLE_NAME.fullmatch(name) or name.lower() in taken:
            problems.append(f'export.{contract.table} has a column "{name}", a name that BigQuery does not take or'
                            f" cannot tell from another; rename it in the view")  # fmt: skip
        taken.add(name.lower())
        column_type = from_postgres(postgres_type)
        if column_type is None:
            problems.append(f"export.{contract.table}.{name} is {postgres_type}, which cannot be exported exactly;"
                            f" cast it in the view to text or numeric(p, s)")  # fmt: skip
            continue
        known = promised.get(name)
        required, description = (known.required, known.description) if known else (False, "")
        columns.append(ViewColumn(name, column_type, postgres_type, required, description))
    if problems:
        raise SchemaChangeError("; ".join(problems))
    origins = connection.execute(ORIGINS, [f"{SCHEMA}.{contract.table}"]).fetchall()
    return ViewSchema(contract, tuple(columns), tuple(text for (text,) in origins))


def unportable_keys(connection: psycopg.Connection, schema: ViewSchema, limit: int = MAX_QUARANTINED) -> list[str]:
    """Keys of the rows that hold a value with no exact counterpart (NaN, infinity).

    Raises UnportableValueError when there are more than `limit`: that is no stray row but a fault of the view.
    """
    if schema.unportable is None:
        return []
    query = sql.SQL("select {}::text from {}.{} where {} order by 1 limit {}").format(
        sql.Identifier(schema.contract.key),
        sql.Identifier(SCHEMA),
        sql.Identifier(schema.table),
        sql.SQL(schema.unportable),  # built from the catalogue, not from input
        sql.Literal(limit + 1),
    )
    keys = [key for (key,) in connection.execute(query)]
    if len(keys) > limit:
        raise UnportableValueError(f"{schema.table}: more than {limit} rows hold NaN, infinity or a year past 9999")
    return keys
