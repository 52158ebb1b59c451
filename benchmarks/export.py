"""How long a snapshot of resumes to Parquet takes, beside COPY's own floor and beside other tools, in one run.

    python -m benchmarks.export [--quick] [--five-million]

Starts an empty PostgreSQL, makes the rows inside it, and runs each reader in a process of its own: imports are done
before the clock starts, peak memory is the process's own. Each is timed twice and the better time counts, except when
one run takes over a minute, and peers with `--quick`, where most of the time is their imports. The peers,
adbc-driver-postgresql and dlt, come with the `benchmark` group; without them their figures are null. ADBC gives
decimals as opaque strings, the others keep them exact. Last line: one JSON object with the figures of the largest size.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from benchmarks.export_readers import MIDDLE, READERS
from benchmarks.peers import install_peers
from local.stack import EmbeddedStack
from local.stack.addresses import libpq_address
from pipelines.lib.export.snapshot import open_snapshot

PROJECT = Path(__file__).resolve().parents[1]
ROWS = PROJECT / "benchmarks" / "data" / "export_resumes.sql"
SIZES, QUICK_SIZES, LARGEST = (100_000, 1_000_000), (10_000,), 5_000_000
SECONDS = 1_800
ONE_RUN_SECONDS = 60


@dataclass(frozen=True)
class Reading:
    """The better of the runs of one reader. `rows` is what it wrote."""

    seconds: float
    peak_memory_mb: float
    rows: int


class ReaderError(Exception):
    """A reader did not start or gave no answer: a peer that is not installed."""


def read(reader: str, url: str, *ranges: str, snapshot: str = "") -> Reading:
    """Run a reader, once for each range and all at the same time, and wait for the last."""
    with tempfile.TemporaryDirectory(prefix="export-") as folder, ExitStack() as running:
        processes = []
        for number, where in enumerate(ranges or ("",)):
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.export_readers", reader, where, snapshot]
            process = subprocess.Popen(
                [*command, f"{folder}/{number}"], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            processes.append(running.enter_context(process))
        for process in processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(url + "\n")
            process.stdin.flush()
            if process.stdout.readline().strip() != "ready":
                raise ReaderError(f"{reader} did not start")
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=SECONDS)[0].splitlines()[-1]) for process in processes]
    return Reading(
        max(answer["seconds"] for answer in answers),
        sum(answer["peak_memory_mb"] for answer in answers),
        sum(answer["rows"] for answer in answers),
    )


def best(reader: str, url: str, *, once: bool = False) -> Reading:
    """The better of two runs; one is enough of a reader that takes minutes."""
    first = read(reader, url)
    if once or first.seconds > ONE_RUN_SECONDS:
        return first
    return min(first, read(reader, url), key=lambda r: r.seconds)


def two_ranges(url: str, rows: int) -> Reading:
    """Two processes under one exported snapshot, each with half of the rows."""
    with open_snapshot(url) as (_, snapshot):
        middle = MIDDLE.format(half=rows // 2)
        return read("ours", url, f"created_at < {middle}", f"created_at >= {middle}", snapshot=snapshot.name)


def change_one_percent(connection: psycopg.Connection, rows: int) -> str:
    """Update every hundredth row, spread over the table; returns the condition that reads what changed."""
    row = connection.execute("select pg_snapshot_xmin(pg_current_snapshot())::text").fetchone()
    assert row is not None
    connection.execute(
        "update bench.resumes set viewed_count = viewed_count + 1 where number in (select generate_series(1, %s, 100))",
        [rows],
    )
    return f"row_xid >= '{row[0]}'::xid8"


def measure(connection: psycopg.Connection, pipeline_url: str, rows: int, peers: bool) -> dict[str, float | int | None]:
    """All figures of one size."""
    connection.execute(ROWS.read_text(encoding="utf-8").replace("{rows}", str(rows)).encode())
    names = [name for name in READERS if peers or name in {"floor", "ours"}]
    readings: dict[str, Reading | None] = {}
    for name in names:
        try:
            readings[name] = best(name, pipeline_url, once=rows in QUICK_SIZES and name not in {"floor", "ours"})
        except (IndexError, json.JSONDecodeError, ReaderError):  # not SystemExit, which a signal raises
            if name in {"floor", "ours"}:
                raise
            readings[name] = None
    readings["two ranges"] = min((two_ranges(pipeline_url, rows) for _ in range(2)), key=lambda r: r.seconds)
    where = change_one_percent(connection, rows)
    readings["one percent"] = min((read("ours", pipeline_url, where) for _ in range(2)), key=lambda r: r.seconds)
    for name, reading in readings.items():
        if reading is not None:
            print(f"{rows:>9,} {name:<12} {reading.seconds:7.2f} s {reading.peak_memory_mb:6.0f} MB {reading.rows:>9,}")
    ours, floor = readings["ours"], readings["floor"]
    assert ours is not None
    assert floor is not None
    if ours.rows != rows:
        raise SystemExit(f"{ours.rows} of {rows} rows were written")

    def over(name: str, of: str = "ours") -> float | None:
        upper, lower = readings[of], readings.get(name)
        return None if lower is None or upper is None else round(upper.seconds / lower.seconds, 3)

    changed = readings["one percent"]
    assert changed is not None
    return {
        "rows": rows,
        "snapshot_seconds": round(ours.seconds, 2),
        "snapshot_over_copy_floor": over("floor"),
        "two_ranges_over_copy_floor": over("floor", "two ranges"),
        "snapshot_over_adbc": over("adbc"),
        "snapshot_over_sqlalchemy": over("sqlalchemy"),
        "snapshot_over_dlt": over("dlt"),
        "peak_memory_mb": round(ours.peak_memory_mb, 1),
        "incremental_over_snapshot": over("ours", "one percent"),
    }


def main() -> None:
    """Print the figures; the last line is one JSON object."""
    parser = argparse.ArgumentParser(
        description="Time snapshots to Parquet beside COPY and beside other tools, at 100 thousand and 1 million rows:"
        " 8 minutes with the peers on 2 busy cores, and 3 GB of disk."
    )
    parser.add_argument("--quick", action="store_true", help="10 thousand rows, under a minute")
    parser.add_argument("--five-million", action="store_true", help="also 5 million rows: ours and the floor only")
    parser.add_argument("--rows", type=int, help="one size only")
    arguments = parser.parse_args()
    install_peers()
    sizes = QUICK_SIZES if arguments.quick else SIZES
    sizes = (arguments.rows,) if arguments.rows else sizes
    with EmbeddedStack(bigquery=False, storage=False, ephemeral=True) as stack:
        stack.prepare()
        if stack.superuser_url is None:
            raise SystemExit("unset DATABASE_URL: the benchmark needs a server of its own")
        pipeline_url = libpq_address(stack.environment()["PIPELINE_DATABASE_URL"])
        with psycopg.connect(libpq_address(stack.superuser_url), autocommit=True) as connection:
            figures = [measure(connection, pipeline_url, size, peers=True) for size in sizes]
            if arguments.five_million:
                print(json.dumps(measure(connection, pipeline_url, LARGEST, peers=False)))
    peak = max(float(figure["peak_memory_mb"] or 0) for figure in figures)
    print(json.dumps(figures[-1] | {"peak_memory_mb": peak}))


if __name__ == "__main__":
    main()
