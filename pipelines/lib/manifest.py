"""dbt's manifest, built once and kept: parsing takes seconds, and the code location must load without them.

The manifest is rebuilt when a file of the dbt project changed, which a hash beside it tells.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt"
PARSE_SECONDS = 120
SOURCES = {".sql", ".yml", ".yaml", ".csv", ".md"}
GENERATED = {"target", "logs"}


class ManifestError(Exception):
    """The dbt project cannot be parsed. The message is dbt's own."""


def dbt_executable() -> str:
    """The dbt of the environment this process runs in, whatever PATH says."""
    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.exists() else "dbt"


def manifest_path(project_dir: Path = PROJECT_DIR) -> Path:
    """Where the manifest is kept."""
    return project_dir / "target" / "manifest.json"


def source_hash(project_dir: Path = PROJECT_DIR) -> str:
    """A hash of every file dbt reads."""
    digest = hashlib.sha256()
    for path in sorted(project_dir.rglob("*")):
        relative = path.relative_to(project_dir)
        if relative.parts[0] in GENERATED or path.suffix not in SOURCES:
            continue
        digest.update(f"{relative}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(project_dir: Path = PROJECT_DIR) -> bool:
    """Whether the manifest is there and belongs to the files as they are."""
    path = manifest_path(project_dir)
    mark = path.with_suffix(".sources")
    return path.exists() and mark.exists() and mark.read_text() == source_hash(project_dir)


def build_manifest(project_dir: Path = PROJECT_DIR) -> Path:
    """Parse the project and return the manifest's path. Connects to nothing. Raises ManifestError."""
    path = manifest_path(project_dir)
    path.parent.mkdir(exist_ok=True)
    wanted = source_hash(project_dir)
    command = [dbt_executable(), "--quiet", "parse", "--target", "postgres", "--no-partial-parse"]
    command += ["--project-dir", str(project_dir), "--profiles-dir", str(project_dir)]
    command += ["--target-path", str(path.parent), "--log-path", str(path.parent)]
    environment = os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_NO_VERSION_CHECK": "true"}
    try:
        done = subprocess.run(  # noqa: S603
            command, env=environment, capture_output=True, text=True, timeout=PARSE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ManifestError(f"dbt parse did not run: {error}") from error
    if done.returncode != 0 or not path.exists():
        raise ManifestError(f"dbt parse failed:\n{(done.stdout + done.stderr).strip()}")
    path.with_suffix(".sources").write_text(wanted)
    return path


def ensure_manifest(project_dir: Path = PROJECT_DIR) -> Path:
    """The path of a current manifest, built when it is missing or stale; two processes at once build it once."""
    if is_current(project_dir):
        return manifest_path(project_dir)
    folder = project_dir / "target"
    folder.mkdir(exist_ok=True)
    with (folder / "manifest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return manifest_path(project_dir) if is_current(project_dir) else build_manifest(project_dir)


def read_manifest(project_dir: Path = PROJECT_DIR) -> dict[str, Any]:
    """A current manifest."""
    content: dict[str, Any] = json.loads(ensure_manifest(project_dir).read_text(encoding="utf-8"))
    return content
