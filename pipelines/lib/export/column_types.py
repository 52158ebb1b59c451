"""The portable column types and what each is in Postgres, in Arrow and in BigQuery.

Only types that survive the whole way exactly are here: no floats for amounts, no zone-less times. JSON travels as the
text Postgres gives, so that a number in it keeps its digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.lib.export.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa

NUMERIC = re.compile(r"^numeric\((\d+),\s*(\d+)\)$")
# BigQuery's NUMERIC keeps 9 digits after the point and 29 before; BIGNUMERIC 38 and 38.
NUMERIC_SCALE, NUMERIC_WHOLE_DIGITS, BIGNUMERIC_SCALE, BIGNUMERIC_WHOLE_DIGITS = 9, 29, 38, 38
ARROW_DECIMAL_PRECISION = 38


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A portable type: its contract name and its decimal precision and scale when it has one."""

    name: str
    precision: int | None = None
    scale: int | None = None

    @property
    def is_array(self) -> bool:
        """Whether the column holds a list of texts."""
        return self.name == "text[]"

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that is written to Parquet."""
        import pyarrow as pa  # here, because the code location reads contracts and needs no Arrow

        if self.name == "numeric":
            return pa.decimal128(self.precision or ARROW_DECIMAL_PRECISION, self.scale or 0)
        return {
            "text": pa.string(),
            "bigint": pa.int64(),
            "xid8": pa.int64(),
            "boolean": pa.bool_(),
            "timestamptz": pa.timestamp("us", tz="UTC"),
            "date": pa.date32(),
            "double precision": pa.float64(),
            "text[]": pa.list_(pa.string()),
        }[self.name]

    @property
    def bigquery(self) -> str:
        """The BigQuery type of the column (of its elements for an array)."""
        if self.name == "numeric":
            assert self.precision is not None
            assert self.scale is not None
            small = self.scale <= NUMERIC_SCALE and self.precision - self.scale <= NUMERIC_WHOLE_DIGITS
            return "NUMERIC" if small else "BIGNUMERIC"
        return {
            "text": "STRING",
            "bigint": "INT64",
            "xid8": "INT64",
            "boolean": "BOOL",
            "timestamptz": "TIMESTAMP",
            "date": "DATE",
            "double precision": "FLOAT64",
            "text[]": "STRING",
        }[self.name]

    @property
    def bigquery_ddl(self) -> str:
        """The type as DDL writes it, with precision and scale."""
        if self.name == "numeric":
            return f"{self.bigquery}({self.precision}, {self.scale})"
        return f"ARRAY<{self.bigquery}>" if self.is_array else self.bigquery

    def select(self, column: str) -> str:
        """The SQL expression that COPY sends for a quoted column name."""
        if self.name == "xid8":  # has no cast to bigint; as text it is the plain number
            return f"{column}::text::bigint"
        if self.is_array:
            return f"array_to_json({column})::text"
        return column

    def unportable(self, column: str) -> str | None:
        """The SQL condition under which a value cannot travel exactly, or None when every value can."""
        if self.name == "numeric":
            return f"{column} in ('NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric)"
        if self.name == "timestamptz":
            first, last = "0001-01-01 00:00+00", "9999-12-31 23:59:59.999999+00"
            return f"(not isfinite({column}) or {column} not between '{first}' and '{last}')"
        if self.name == "date":
            return f"(not isfinite({column}) or {column} not between '0001-01-01' and '9999-12-31')"
        if self.name == "double precision":
            return f"{column} in ('NaN'::float8, 'Infinity'::float8, '-Infinity'::float8)"
        if self.is_array:
            null_element = f"exists (select from unnest({column}) as element where element is null)"
            return f"(array_ndims({column}) > 1 or {null_element})"
        return None


SIMPLE = ("text", "bigint", "xid8", "boolean", "timestamptz", "date", "double precision", "text[]")
# What `format_type` says, and what we call it. JSON is exported as its text.
POSTGRES_NAMES = {
    "text": "text",
    "character varying": "text",
    "uuid": "text",
    "json": "text",
    "jsonb": "text",
    "bigint": "bigint",
    "integer": "bigint",
    "smallint": "bigint",
    "xid8": "xid8",
    "boolean": "boolean",
    "timestamp with time zone": "timestamptz",
    "date": "date",
    "double precision": "double precision",
    "text[]": "text[]",
}


def parse_column_type(text: str) -> ColumnType:
    """A contract's type. Raises ContractError with the list of types when it is not one of them."""
    if text in SIMPLE:
        return ColumnType(text)
    match = NUMERIC.match(text)
    if match is None:
        raise ContractError(f"{text} is not a portable type; use {', '.join(SIMPLE)} or numeric(p, s)")
    precision, scale = int(match[1]), int(match[2])
    if not 0 < precision <= ARROW_DECIMAL_PRECISION or scale > precision:
        raise ContractError(f"{text} does not fit Arrow's {ARROW_DECIMAL_PRECISION} digits")
    return ColumnType("numeric", precision, scale)


def from_postgres(type_name: str) -> ColumnType | None:
    """The portable type of what Postgres calls `type_name` (as `format_type` prints it), or None when it has none."""
    if type_name in POSTGRES_NAMES:
        return ColumnType(POSTGRES_NAMES[type_name])
    if type_name.startswith("character varying("):
        return ColumnType("text")
    try:
        return parse_column_type(type_name)
    except ContractError:
        return None
