"""Each benchmark starts from a checkout, as a module and by its path, and says what `--quick` is."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SCRIPTS = [
    path
    for path in sorted((PROJECT / "benchmarks").glob("*.py"))
    if "--quick" in path.read_text() and path.name != "peers.py"
]


@pytest.mark.slow
@pytest.mark.parametrize("by_path", [True, False])
def test_every_script_explains_itself(by_path: bool) -> None:
    running = {
        path.stem: subprocess.Popen(
            [sys.executable, *([str(path)] if by_path else ["-m", f"benchmarks.{path.stem}"]), "--help"],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for path in SCRIPTS
    }
    said = {name: process.communicate(timeout=120)[0] for name, process in running.items()}
    assert {name: said[name] for name, process in running.items() if process.returncode} == {}
    assert [name for name in said if "--quick" not in said[name]] == []
