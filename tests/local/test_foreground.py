"""Programs in the foreground: what they started ends with them."""

import sys
import time
from pathlib import Path

import pytest

from local import foreground
from local.foreground import running

# Starts a child, writes its process id, and waits. SIGTERM ends it at once, as it ends `dagster dev`: its child stays.
PARENT = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[2]])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""
OBEYS = "import time; time.sleep(60)"
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def is_alive(process: int) -> bool:
    """Whether it runs; one that ended and was not collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("child", [OBEYS, IGNORES], ids=["obeys", "ignores the signal"])
def test_what_a_program_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str) -> None:
    monkeypatch.setattr(foreground, "END_SECONDS", 1.5)
    written = tmp_path / "pid"
    with running({"parent": [sys.executable, "-c", PARENT, str(written), child]}, {}):
        deadline = time.monotonic() + 20
        while not (written.exists() and written.read_text()):
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.05)
        started = int(written.read_text())
        time.sleep(0.5)  # until it ignores the signal
        assert is_alive(started)
    time.sleep(0.1)
    assert not is_alive(started)
