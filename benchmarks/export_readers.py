"""The readers that `benchmarks.export` compares: each copies the same view to Parquet, in a process of its own.

A process imports what it needs, says `ready`, waits for `go` on standard input, and prints what it took as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

MIDDLE = "timestamptz '2026-01-01 00:00+00' + {half} * interval '1 second'"
CHUNK = 20_000
Reader = Callable[[str, str, str, Path], int]
SHAPE = (
    ("resume_id", "text"),
    ("person_key", "text"),
    ("title", "text"),
    ("framing", "text"),
    ("body_markdown", "text"),
    ("salary_offered", "numeric(14,2)"),
    ("viewed_count", "bigint"),
    ("created_at", "timestamptz"),
    ("row_xid", "xid8"),
)


def floor() -> Reader:
    """COPY in its binary format, thrown away: the least that any reader through this protocol can take."""

    def run(url: str, where: str, snapshot: str, target: Path) -> int:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            with cursor.copy("copy (select * from export.bench_resumes) to stdout (format binary)") as copy:
                for _ in copy:
                    pass
            return cursor.rowcount

    return run


def ours() -> Reader:
    """The export's own extraction."""
    from pipelines.lib.export.contract import Column, TableContract
    from pipelines.lib.export.database import connect
    from pipelines.lib.export.extract import extract
    from pipelines.lib.export.view_schema import describe_view

    contract = TableContract(
        table="bench_resumes",
        description="Synthetic resumes of the benchmark.",
        key="resume_id",
        reads=("resumes",),
        columns=tuple(
            Column(name=name, type=kind, required=name == "resume_id", description="A column of the benchmark.")
            for name, kind in SHAPE
        ),
    )

    def run(url: str, where: str, snapshot: str, target: Path) -> int:
        with connect(url, autocommit=True) as connection:
            connection.execute("begin transaction isolation level repeatable read read only")
            if snapshot:
                connection.execute(f"set transaction snapshot '{snapshot}'")
            schema = describe_view(connection, contract)
            target.mkdir()
            return extract(connection, schema, lambda n: (target / f"{n}.parquet").open("wb"), where=where or None).rows

    return run


def adbc() -> Reader:
    """ADBC's Postgres driver to Arrow, written with the export's own Parquet options."""
    import adbc_driver_postgresql.dbapi
    import pyarrow as pa
    import pyarrow.parquet as parquet

    from pipelines.lib.export.extract import PARQUET_OPTIONS

    def run(url: str, where: str, snapshot: str, target: Path) -> int:
        rows = 0
        with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("select * from bench.plain_resumes")
            reader = cursor.fetch_record_batch()
            storage = [getattr(field.type, "storage_type", field.type) for field in reader.schema]
            schema = pa.schema([pa.field(f.name, t) for f, t in zip(reader.schema, storage, strict=True)])
            with parquet.ParquetWriter(target, schema, **PARQUET_OPTIONS) as writer:
                for batch in reader:
                    columns = [getattr(column, "storage", column) for column in batch.columns]
                    writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
                    rows += batch.num_rows
        return rows

    return run


def sqlalchemy() -> Reader:
    """Rows through SQLAlchemy, as most scripts do it."""
    import pyarrow as pa
    import pyarrow.parquet as parquet
    import sqlalchemy as sa

    from api.db.url import sqlalchemy_url
    from pipelines.lib.export.column_types import parse_column_type
    from pipelines.lib.export.extract import PARQUET_OPTIONS

    schema = pa.schema([pa.field(name, parse_column_type(kind).arrow) for name, kind in SHAPE])

    def run(url: str, where: str, snapshot: str, target: Path) -> int:
        rows = 0
        engine = sa.create_engine(sqlalchemy_url(url))
        with engine.connect() as connection, parquet.ParquetWriter(target, schema, **PARQUET_OPTIONS) as writer:
            query = sa.text("select * from bench.plain_resumes")
            result = connection.execution_options(stream_results=True, yield_per=CHUNK).execute(query)
            for part in result.mappings().partitions(CHUNK):
                writer.write_table(pa.Table.from_pylist([dict(row) for row in part], schema=schema))
                rows += len(part)
        return rows

    return run


def dlt() -> Reader:
    """dlt's SQL source with its Arrow backend, to Parquet files."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    }
    import dlt as tool
    from dlt.sources.sql_database import sql_table

    from api.db.url import sqlalchemy_url

    def run(url: str, where: str, snapshot: str, target: Path) -> int:
        target.mkdir()
        source = sql_table(
            credentials=sqlalchemy_url(url).render_as_string(hide_password=False),
            schema="bench",
            table="plain_resumes",
            backend="pyarrow",
            chunk_size=CHUNK,
            reflection_level="full_with_precision",
        )
        pipeline = tool.pipeline(
            "benchmark",
            pipelines_dir=str(target / "state"),
            destination=tool.destinations.filesystem(bucket_url=(target / "out").as_uri()),
            dataset_name="bench",
        )
        pipeline.run(source, loader_file_format="parquet")
        normalized = pipeline.last_trace and pipeline.last_trace.last_normalize_info
        if not normalized:
            raise RuntimeError("dlt reports no rows")
        return int(normalized.row_counts["plain_resumes"])

    return run


READERS: dict[str, Callable[[], Reader]] = {
    "floor": floor,
    "ours": ours,
    "adbc": adbc,
    "sqlalchemy": sqlalchemy,
    "dlt": dlt,
}


def main() -> None:
    """One reading."""
    name, where, snapshot, target = sys.argv[1:5]
    run = READERS[name]()
    url = sys.stdin.readline().strip()
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    rows = run(url, where, snapshot, Path(target))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_memory_mb": peak, "rows": rows}))


if __name__ == "__main__":
    main()
