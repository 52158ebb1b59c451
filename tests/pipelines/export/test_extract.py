"""What the reader of a COPY makes of its bytes."""

import pytest

from pipelines.lib.export.column_types import ColumnType
from pipelines.lib.export.contract import load_contracts
from pipelines.lib.export.extract import CopyStream, read_batches
from pipelines.lib.export.view_schema import ViewColumn, ViewSchema

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
