"""`cvstomize diff-manifests`: what changed, or what is wrong with what was given."""

import json
import subprocess
import sys
from pathlib import Path

OLD = {"schema_version": 1, "rows_read": 5, "filters": {"residual_email": 1}, "files": [{"name": "a", "rows": 3}],
       "balance": [{"group": "seniority", "value": "mid", "kept": 3}]}  # fmt: skip


def command(*arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "diff-manifests", *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


def test_it_says_what_changed_and_is_silent_about_the_same(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", OLD)
    new = write(tmp_path / "manifest.json", OLD | {"rows_read": 6, "filters": {}, "files": [{"name": "a", "rows": 4}],
        "balance": [{"group": "seniority", "value": "mid", "kept": 4}]})  # fmt: skip
    result = command(old, new.parent)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "balance[seniority mid].kept: 3 -> 4",
        "files[a].rows: 3 -> 4", "filters.residual_email: 1 -> absent", "rows_read: 5 -> 6"
    ]  # fmt: skip
    assert (command(old, old).returncode, command(old, old).stdout) == (0, "")


def test_what_is_no_manifest_is_named(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", OLD)
    for other in (tmp_path / "absent.json", write(tmp_path / "list.json", []), tmp_path):
        result = command(old, other)
        assert result.returncode == 2
        assert "is no manifest of a dataset" in result.stderr
        assert "Traceback" not in result.stderr
