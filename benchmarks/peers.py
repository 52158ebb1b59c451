"""The other tools that the benchmarks compare with: fetched from their locks when a benchmark first asks for them.

Nothing else needs them, so `make install` leaves them out. Where they cannot be fetched, the benchmark measures what is
there and says what it left out.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LOCKS = PROJECT / "requirements"
INSTALL_SECONDS = 600.0
MODULES = ("adbc_driver_postgresql", "dlt", "playwright", "typst")
"""What requirements/benchmark.lock brings into our own environment."""


def install_peers() -> None:
    """Bring what is missing of `MODULES` into this environment."""
    if not all(importlib.util.find_spec(name) for name in MODULES):
        install("benchmark", Path(sys.executable))


def python_with_datatrove(folder: Path = PROJECT / ".local/peers/datatrove") -> Path | None:
    """An interpreter that has datatrove, made in `folder` at the first call; None when it cannot be had.

    It cannot share our environment, because it brings another HTTP stack.
    """
    python, complete = folder / "bin/python", folder / ".complete"
    lock = (LOCKS / "datatrove.lock").read_bytes()
    if complete.exists() and complete.read_bytes() == lock:
        return python
    venv.create(folder, clear=True)
    if not install("datatrove", python):
        return None
    complete.write_bytes(lock)
    return python


def install(group: str, python: Path) -> bool:
    """Install one lock into the environment of `python`; says so, and says why when it fails."""
    lock = LOCKS / f"{group}.lock"
    print(f"installing the tools to compare with: {lock.relative_to(PROJECT)}", flush=True)
    uv = Path(sys.executable).with_name("uv")
    command: list[str | Path] = [uv, "pip", "install", "-q", "--python", python, "-r", lock]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"they cannot be installed and are left out: {error}")
        return False
    if ended.returncode:
        print(f"they cannot be installed and are left out: {ended.stderr.strip()[-500:]}")
    return ended.returncode == 0
