"""Dockerfiles and shell scripts are clean by their field's linters."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
DOCKERFILES = sorted((PROJECT / "deploy/images").glob("*.Dockerfile"))
SCRIPTS = [*sorted((PROJECT / "deploy").glob("*.sh")), PROJECT / "local/install.sh", PROJECT / ".ci/run"]


def lint(*command: str) -> str:
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_dockerfile(path: Path) -> None:
    assert lint(str(TOOLS / "hadolint"), str(path)) == ""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_shell(path: Path) -> None:
    assert lint(str(TOOLS / "shellcheck"), "--external-sources", str(path)) == ""


def test_the_linters_see_faults(tmp_path: Path) -> None:
    script, dockerfile = tmp_path / "bad.sh", tmp_path / "Dockerfile"
    script.write_text("#!/bin/bash\nrm -rf $1/*\n")
    dockerfile.write_text("FROM debian\nRUN apt-get install -y python3\n")
    assert "SC2086" in lint(str(TOOLS / "shellcheck"), str(script))
    assert "DL3006" in lint(str(TOOLS / "hadolint"), str(dockerfile))
