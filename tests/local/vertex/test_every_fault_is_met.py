"""A switch of the stand-in that no run of the pipelines ever meets proves nothing."""

import re
from pathlib import Path

import pytest

from local.vertex.faults import kinds

PIPELINES = Path(__file__).parents[2] / "pipelines"
RUNNER = re.compile(r"\bhouse\b")
"""The fixture of the tests that go through Dagster's own runner."""


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = [path.read_text(encoding="utf-8") for path in PIPELINES.rglob("test_*.py")]
    return [text for text in found if RUNNER.search(text)]


@pytest.mark.parametrize("kind", kinds())
def test_a_run_in_dagster_meets_it(kind: str, texts: list[str]) -> None:
    assert any(f'"{kind}"' in text for text in texts), f"no test under tests/pipelines switches {kind} on"
