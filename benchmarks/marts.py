"""How long a full build of all models takes on Postgres, and how that grows with the number of applications.

    python benchmarks/marts.py [--quick]

Starts an empty PostgreSQL, makes two cohorts of which one is ten times the other, and runs dbt with the product's own
settings and its pipeline's role. `seconds` is the whole dbt process, start included; `scaling_10x` compares only what
the database did, so that dbt's constant start does not flatter it. `as_of` is a first of the month; on other days the
published applications are a table of their own, about as large a model as fct_applications. There is no incremental
materialisation: `incremental_over_full` is 1 (docs/marts.md says why). Last line: one JSON object with the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
import psycopg

from api.db.url import parse_database_url
from local.stack import EmbeddedStack
from local.stack.addresses import libpq_address

PROJECT = Path(__file__).resolve().parents[1]
COHORT = PROJECT / "benchmarks" / "data" / "marts_cohort.sql"
SIZES = (100_000, 1_000_000)
QUICK_SIZES = (5_000, 50_000)
BUILD_SECONDS = 900
VARIABLES = {
    "as_of": "2026-12-01T00:00:00Z",
    "source_cut": "2026-11-30T00:00:00Z",
    "source_schema": "bench_source",
}


@dataclass(frozen=True)
class Build:
    """One full build: wall time, time inside models, and the highest memory of dbt and the server together."""

    rows: int
    seconds: float
    model_seconds: float
    peak_memory_mb: float
    slowest: list[tuple[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time full builds of the marts on Postgres.")
    parser.add_argument("--quick", action="store_true", help="5 and 50 thousand applications instead of 100 and 1,000")
    sizes = QUICK_SIZES if parser.parse_args().quick else SIZES
    builds = []
    with EmbeddedStack(bigquery=False, storage=False, ephemeral=True) as stack:
        stack.prepare()
        if stack.superuser_url is None:
            raise SystemExit("unset DATABASE_URL: the benchmark needs a server of its own")
        server = next(iter(stack.services().values()))
        for size in sizes:
            make_cohort(libpq_address(stack.superuser_url), size)
            build = full_build(stack.environment()["PIPELINE_DATABASE_URL"], server, size)
            builds.append(build)
            print(f"{build.rows:>9,} applications: {build.seconds:6.1f} s, {build.peak_memory_mb:6.0f} MB; slowest:")
            for name, seconds in build.slowest:
                print(f"            {name:<30} {seconds:6.1f} s")
    small, large = builds
    print(
        json.dumps(
            {
                "rows": large.rows,
                "seconds": round(large.seconds, 1),
                "peak_memory_mb": round(large.peak_memory_mb),
                "scaling_10x": round(large.model_seconds / small.model_seconds, 2),
                "incremental_over_full": 1.0,
            }
        )
    )


def make_cohort(url: str, applications: int) -> None:
    """Replace the source tables by a cohort of this size."""
    script = COHORT.read_text(encoding="utf-8").replace("{applications}", str(applications))
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute(script.encode())


def full_build(pipeline_url: str, server: int, rows: int) -> Build:
    """Run dbt once, without its tests, and watch the memory."""
    address = parse_database_url(pipeline_url)
    environment = os.environ | {
        "WAREHOUSE": "postgres",
        "PGTZ": "UTC",
        "DBT_POSTGRES_HOST": str(address.query.get("host") or address.host),
        "DBT_POSTGRES_PORT": str(address.port or 5432),
        "DBT_POSTGRES_USER": address.username or "",
        "DBT_POSTGRES_PASSWORD": str(address.password or ""),
        "DBT_POSTGRES_DATABASE": address.database or "",
    }
    with tempfile.TemporaryDirectory(prefix="marts-") as folder:
        command = [sys.executable, "-m", "dbt.cli.main", "build", "--resource-type", "model", "--resource-type", "seed"]
        command += ["--project-dir", str(PROJECT / "dbt"), "--profiles-dir", str(PROJECT / "dbt")]
        command += ["--target-path", folder, "--log-path", folder, "--vars", json.dumps(VARIABLES)]
        started = time.monotonic()
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            watch = MemoryWatch([server, process.pid])
            watch.start()
            output, _ = process.communicate(timeout=BUILD_SECONDS)
            watch.finish()
        seconds = time.monotonic() - started
        if process.returncode != 0:
            raise SystemExit(output.decode()[-3000:])
        results = json.loads(Path(folder, "run_results.json").read_text(encoding="utf-8"))["results"]
    times = sorted(
        ((item["unique_id"].split(".")[-1], item["execution_time"]) for item in results), key=lambda t: -t[1]
    )
    return Build(rows, seconds, sum(time for _, time in times), watch.peak_mb, times[:6])


class MemoryWatch(threading.Thread):
    """Samples the memory of process trees five times a second. Shared pages count once (proportional set size)."""

    def __init__(self, roots: list[int]) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self._roots = roots
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.2):
            self.peak_mb = max(self.peak_mb, sum(tree_memory(root) for root in self._roots) / 2**20)

    def finish(self) -> None:
        self._done.set()
        self.join(timeout=5)


def tree_memory(root: int) -> int:
    """Bytes of a process and its children; those that ended meanwhile count nothing."""
    total = 0
    try:
        parent = psutil.Process(root)
        for process in [parent, *parent.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
    except psutil.NoSuchProcess:
        return 0
    return total


if __name__ == "__main__":
    main()
