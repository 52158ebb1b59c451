"""Looks for texts in everything an installation holds: every table, every object, every table of the warehouse.

It knows nothing about what the product thinks it stores where, so it finds what was forgotten.
"""

import contextlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping

import psycopg
import pyarrow.parquet as parquet
import pypdf
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from psycopg import sql
from pypdf.errors import PyPdfError

SYSTEM_SCHEMAS = ["pg_catalog", "information_schema", "pg_toast"]


def found_in(text: str, needles: Mapping[str, str], place: str) -> set[tuple[str, str]]:
    """(needle's name, place) of each needle in a text, in any letter case."""
    folded = text.casefold()
    return {(name, place) for name, needle in needles.items() if needle.casefold() in folded}


def tables_of(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Every table and materialised view but the system's."""
    rows = connection.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p', 'm') and not (n.nspname = any(%s)) order by 1, 2",
        [SYSTEM_SCHEMAS],
    )
    return [(row[0], row[1]) for row in rows]


def scan_postgres(connection: psycopg.Connection, needles: Mapping[str, str]) -> set[tuple[str, str]]:
    """Every column of every row of every table; bytes are read as text too. Reads as the superuser."""
    found: set[tuple[str, str]] = set()
    for schema, table in tables_of(connection):
        statement = sql.SQL("select * from {}").format(sql.Identifier(schema, table))
        with connection.cursor(name="scan") as cursor:
            cursor.execute(statement)
            for row in cursor:
                text = "\n".join(as_text(value) for value in row)
                found |= found_in(text, needles, f"{schema}.{table}")
    return found


def as_text(value: object) -> str:
    """A value as it would be read; JSON unescaped, bytes decoded as far as they can be."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def texts_of(name: str, content: bytes) -> Iterator[str]:
    """What an object says: its name, its bytes, and what Parquet and PDF files hold compressed."""
    yield name
    yield content.decode("utf-8", "replace")
    if content.startswith(b"PAR1"):
        for row in parquet.read_table(io.BytesIO(content)).to_pylist():
            yield "\n".join(as_text(value) for value in row.values())
    if content.startswith(b"%PDF"):
        with contextlib.suppress(PyPdfError):  # an upload that only calls itself a PDF says no more than its bytes
            reader = pypdf.PdfReader(io.BytesIO(content))
            yield str(reader.metadata)
            for page in reader.pages:
                yield page.extract_text()


def scan_storage(endpoint: str, needles: Mapping[str, str]) -> set[tuple[str, str]]:
    """Every object of every bucket."""
    client = storage.Client(
        project="test",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": endpoint},
    )
    found: set[tuple[str, str]] = set()
    for bucket in client.list_buckets(timeout=10):
        for blob in client.list_blobs(bucket.name, timeout=10):
            for text in texts_of(blob.name, blob.download_as_bytes(timeout=10)):
                found |= found_in(text, needles, f"gs://{bucket.name}/{blob.name}")
    return found


def scan_bigquery(client: bigquery.Client, datasets: Iterable[str], needles: Mapping[str, str]) -> set[tuple[str, str]]:
    """Every row of every table of the datasets."""
    found: set[tuple[str, str]] = set()
    present = {item.dataset_id for item in client.list_datasets(timeout=10)}
    for dataset in sorted(set(datasets) & present):
        for table in client.list_tables(dataset, timeout=10):
            for row in client.query(f"select * from `{dataset}.{table.table_id}`", timeout=30).result(timeout=30):
                text = "\n".join(as_text(value) for value in row.values())
                found |= found_in(text, needles, f"bigquery {dataset}.{table.table_id}")
    return found
