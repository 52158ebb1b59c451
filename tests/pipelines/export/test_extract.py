"""What the reader of a COPY makes of its bytes, and how large the pieces of its files are."""

from pathlib import Path

import pyarrow.parquet
import pytest

import pipelines.lib.export.extract as extract_module
from pipelines.lib.export.column_types import ColumnType
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.extract import ROW_GROUP_BYTES, CopyStream, extract, read_batches
from pipelines.lib.export.view_schema import ViewColumn, ViewSchema
from tests.support.databases import Database

TEXTS = ViewSchema(
    load_contracts()["people"], tuple(ViewColumn(name, ColumnType("text"), "text", False, "") for name in ("a", "b"))
)


@pytest.mark.parametrize(
    ("sent", "rows"),
    [
        (b"\xef\xbb\xbfx,y\n", [("\ufeffx", "y")]),
        (b'\xef\xbb\xbf,"\xef\xbb\xbf"\nz,\n', [("\ufeff", "\ufeff"), ("z", None)]),
        (b'\xef\xbb\xbf\xef\xbb\xbfx,""\n', [("\ufeff\ufeffx", "")]),
        (b',""\n,\n', [(None, ""), (None, None)]),
        (b'" ",null\n"\r\n",\\N\n', [(" ", "null"), ("\r\n", "\\N")]),
        (b"", []),
    ],
)
@pytest.mark.parametrize("piece", [1, 1_000])
def test_every_text_is_what_postgres_sent(sent: bytes, rows: list[tuple[str | None, str | None]], piece: int) -> None:
    pieces = [sent[at : at + piece] for at in range(0, len(sent), piece)]
    stream = CopyStream(iter(pieces))  # type: ignore[arg-type]  # a COPY is read as its pieces
    read = [row for batch in read_batches(stream, TEXTS) for row in batch.to_pylist()]
    assert [(row["a"], row["b"]) for row in read] == rows
    assert stream.bytes_read == len(sent)


@pytest.mark.slow
def test_every_row_group_but_the_last_holds_16_mib(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the files' own metadata, over several files."""
    monkeypatch.setattr(extract_module, "PART_BYTES", 3 * ROW_GROUP_BYTES)
    schema = ViewSchema(TEXTS.contract.model_copy(update={"table": "wide_texts"}), TEXTS.columns)
    with database.connect() as connection:
        connection.execute(
            "create view export.wide_texts as select number::text as a, repeat(md5(number::text), 128) as b"
            " from generate_series(1, 18000) as number"
        )
        done = extract(connection, schema, lambda n: (tmp_path / f"{n}.parquet").open("wb"))
        connection.rollback()
    files = [pyarrow.parquet.ParquetFile(tmp_path / f"{n}.parquet").metadata for n in range(done.parts)]
    assert sum(file.num_rows for file in files) == done.rows == 18_000
    groups = [file.row_group(n) for file in files for n in range(file.num_row_groups)]
    assert (len(files), len(groups)) == (2, 5)
    assert [group for group in groups[:-1] if group.total_byte_size < 16 * 1024 * 1024] == []
    assert {group.column(1).compression for group in groups} == {"ZSTD"}
