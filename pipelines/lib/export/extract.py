"""Postgres to Parquet: COPY as CSV, parsed by Arrow with an explicit schema, written in large row groups.

CSV rather than binary, because Arrow parses it in parallel and keeps decimals exact; NULL is an unquoted nothing and
the empty string a quoted one, so the two stay apart. Memory is bounded by one row group, not by the table.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import psycopg
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from pipelines.lib.export.database import STATEMENT_SECONDS, deadline
from pipelines.lib.export.errors import LongRowError, UnportableValueError
from pipelines.lib.export.view_schema import ViewSchema

BLOCK_BYTES = 2 * 1024 * 1024  # also the longest row that can be read; larger ones cost memory, not time
LONG_ROW_BYTES = 128 * 1024 * 1024
ROW_GROUP_BYTES = 16 * 1024 * 1024
PART_BYTES = 1024 * 1024 * 1024  # of Arrow data; about a quarter of that as Parquet
PARQUET_OPTIONS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "version": "2.6",
    # Most bytes are texts and keys of which no two are alike. zstd makes as little of the few that repeat.
    "use_dictionary": False,
}


class CopyStream:
    """The rows of a COPY as a readable file, in blocks as long as they are asked for."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._rows = iter(copy)
        self._rest = b""
        self.bytes_read = 0
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, less only at the end."""
        parts, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            row = next(self._rows, None)
            if row is None:
                break
            parts.append(bytes(row))
            length += len(row)
        data = b"".join(parts)
        if size >= 0:
            data, self._rest = data[:size], data[size:]
        else:
            self._rest = b""
        self.bytes_read += len(data)
        return data

    def readable(self) -> bool:
        """Arrow asks."""
        return True

    def close(self) -> None:
        """Nothing to close: the cursor owns the COPY."""
        self.closed = True


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read of one table."""

    rows: int
    copied_bytes: int
    parts: int


def arrow_schema(schema: ViewSchema) -> pa.Schema:
    """The Arrow schema of the Parquet files. Every column is nullable; BigQuery's schema holds what is required."""
    return pa.schema([pa.field(column.name, column.type.arrow) for column in schema.columns])


def csv_schema(schema: ViewSchema) -> dict[str, pa.DataType]:
    """What the CSV reader parses each column as; lists come as JSON text."""
    return {c.name: pa.string() if c.type.is_array else c.type.arrow for c in schema.columns}


def read_batches(stream: CopyStream, schema: ViewSchema, block_bytes: int = BLOCK_BYTES) -> Iterator[pa.RecordBatch]:
    """Parse a COPY stream into record batches of the exported schema."""
    first = stream.read(block_bytes)
    if not first:
        return
    # Arrow takes a byte order mark at the very start for none of ours; a value that begins with one keeps it this way.
    mark = codecs.BOM_UTF8 if first.startswith(codecs.BOM_UTF8) else b""
    stream._rest = mark + first + stream._rest
    stream.bytes_read -= len(mark) + len(first)
    reader = pa.csv.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=pa.csv.ReadOptions(column_names=[c.name for c in schema.columns], block_size=block_bytes),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=csv_schema(schema),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    target = arrow_schema(schema)
    arrays = [index for index, column in enumerate(schema.columns) if column.type.is_array]
    floats = [index for index, column in enumerate(schema.columns) if pa.types.is_floating(column.type.arrow)]
    for batch in reader:
        columns = list(batch.columns)
        for index in arrays:
            columns[index] = parse_lists(columns[index], schema)
        for index in floats:
            # Arrow reads NaN and infinity without complaint; nothing downstream can compute with them.
            if not pa.compute.all(pa.compute.is_finite(columns[index]), min_count=0).as_py():
                raise UnportableValueError(f"{schema.table}: NaN or infinity")
        yield pa.RecordBatch.from_arrays(columns, schema=target)


def parse_lists(texts: pa.Array, schema: ViewSchema) -> pa.Array:
    """Lists from their JSON text. Raises UnportableValueError for an element that is NULL: BigQuery has none."""
    lists = [None if text is None else json.loads(text) for text in texts.to_pylist()]
    if any(not isinstance(element, str) for values in lists if values is not None for element in values):
        raise UnportableValueError(f"{schema.table}: a list with an element that is NULL or a list itself")
    return pa.array(lists, type=pa.list_(pa.string()))


def row_groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Gather batches until they are worth a row group."""
    pending: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        pending.append(batch)
        size += batch.nbytes
        if size >= ROW_GROUP_BYTES:
            yield pa.Table.from_batches(pending)
            pending, size = [], 0
    if pending:
        yield pa.Table.from_batches(pending)


def extract(
    connection: psycopg.Connection,
    schema: ViewSchema,
    open_part: Callable[[int], BinaryIO],
    *,
    where: str | None = None,
    on_rows: Callable[[int], None] | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Extraction:
    """Copy one view into Parquet parts. `open_part(n)` opens the n-th file, which is closed here when it is complete.

    No rows make no part. Raises UnportableValueError when a value does not fit the schema, LongRowError when a row is
    longer than `block_bytes`.
    """
    rows, parts, written = 0, 0, 0
    writer: pa.parquet.ParquetWriter | None = None
    file: BinaryIO | None = None
    statement = f"copy ({schema.select(where)}) to stdout (format csv)"
    with (
        deadline(connection, STATEMENT_SECONDS),
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,  # names come from the catalogue
    ):
        stream = CopyStream(copy)
        try:
            for table in row_groups(read_batches(stream, schema, block_bytes)):
                if writer is None:
                    file = open_part(parts)
                    writer = pa.parquet.ParquetWriter(file, table.schema, **PARQUET_OPTIONS)
                    parts += 1
                writer.write_table(table, row_group_size=max(table.num_rows, 1))
                rows += table.num_rows
                written += table.nbytes
                if on_rows is not None:
                    on_rows(table.num_rows)
                if written >= PART_BYTES:
                    writer.close()
                    assert file is not None
                    file.close()
                    writer, file, written = None, None, 0
            if writer is not None and file is not None:
                writer.close()
                file.close()
        except pa.ArrowInvalid as error:
            if "straddling" in str(error):
                raise LongRowError(f"{schema.table}: a row is longer than {block_bytes} bytes") from None
            # Arrow's message quotes the value, which must not reach a log.
            raise UnportableValueError(f"{schema.table}: a value does not fit its exported type") from None
    return Extraction(rows, stream.bytes_read, parts)
