"""Demo inputs: a broken file is named with its reason, the good ones still run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.demo.inputs import SAMPLES, DemoInputError, load_inputs

GOOD = json.dumps({"basics": {"name": "Ada Example"}})


def test_the_samples_are_whole() -> None:
    inputs = load_inputs(SAMPLES)
    assert (len(inputs.people), len(inputs.jobs), inputs.broken) == (2, 2, ())


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(DemoInputError, match="there is no such folder"):
        load_inputs(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"basics": ', "is not valid JSON (line 1, column"),
        (b"[]", "has no basics"),
        (b"\xff\xfe\x00", "utf"),
        (b"{}" + b" " * 1_000_001, "is larger than"),
    ],
)
def test_a_broken_file_is_named_and_the_good_ones_run(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "good.json").write_text(GOOD)
    (tmp_path / "bad.json").write_bytes(content)
    inputs = load_inputs(tmp_path)
    assert [person.name for person in inputs.people] == ["good"]
    assert len(inputs.broken) == 1
    assert "bad.json: " in inputs.broken[0]
    assert reason in inputs.broken[0]
    assert inputs.jobs  # the sample ads stand in


def test_nobody_at_all_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(DemoInputError, match=r"bad\.json"):
        load_inputs(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"DATA": "/nonexistent"}, "there is no such folder"), ({"PEOPLE": "many"}, "PEOPLE must be a number")],
)
def test_the_command_says_why_it_cannot_start(changes: dict[str, str], words: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "local.demo"],
        env=os.environ | changes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert words in " ".join(ended.stdout.split())
    assert "Traceback" not in ended.stdout + ended.stderr
