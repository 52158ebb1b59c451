"""Runs dbt the way the pipelines do: a process of its own, connected by environment variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.dbt.support.world import AS_OF, SOURCE_CUT

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "dbt"
SECONDS = 280


@dataclass(frozen=True)
class DbtResult:
    """What a run left: its exit code, its log, and the folder with manifest.json and compiled SQL."""

    returncode: int
    output: str
    target: Path


def postgres_environment(url: str) -> dict[str, str]:
    """The settings of target `postgres` for a SQLAlchemy address."""
    parts = make_url(url)
    host = str(parts.query.get("host") or parts.host or "127.0.0.1")
    return {
        "WAREHOUSE": "postgres",
        "PGTZ": "UTC",
        "DBT_POSTGRES_HOST": host,
        "DBT_POSTGRES_PORT": str(parts.port or 5432),
        "DBT_POSTGRES_USER": parts.username or "",
        "DBT_POSTGRES_PASSWORD": parts.password or "",
        "DBT_POSTGRES_DATABASE": parts.database or "",
    }


def run_dbt(
    *arguments: str,
    environment: Mapping[str, str],
    folder: Path,
    as_of: str | None = AS_OF,
    variables: Mapping[str, str] | None = None,
    project: Path = PROJECT,
) -> DbtResult:
    """One dbt command with its own target and log folder."""
    given = {"source_cut": SOURCE_CUT, **(variables or {})}
    if as_of is not None:
        given["as_of"] = as_of
    target = folder / "target"
    completed = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", *arguments),
            *("--project-dir", str(project), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(target), "--log-path", str(folder / "logs"), "--vars", json.dumps(given)),
        ],
        cwd=ROOT,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return DbtResult(completed.returncode, completed.stdout, target)
