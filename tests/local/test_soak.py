"""The judgement of the soak, and a short one that really runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.soak import growth

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100, 300, 300, 300, 300, 300, 300, 300], 1.0),
        ([100] * 8, 1.0),
        ([0, 0, 100, 100, 150, 150, 200, 200], 2.0),
        ([10, 20], 1.0),
    ],
    ids=["warming up does not count", "flat", "a leak", "too few to tell"],
)
def test_growth(values: list[int], expected: float) -> None:
    assert growth(values) == expected


def run(minutes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.soak"],
        cwd=PROJECT,
        env=os.environ | {"MINUTES": minutes},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.parametrize("minutes", ["0", "-1", "ten", "nan", "100000"])
def test_minutes_that_are_none(minutes: str) -> None:
    done = run(minutes)
    assert done.returncode == 2
    assert "MINUTES=10" in done.stderr


@pytest.mark.prove
def test_a_short_soak_has_no_error() -> None:
    done = run("0.05")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["errors"] == 0, done.stderr
    assert figures["people"] >= 8
    assert figures["memory_mb"] > 50
