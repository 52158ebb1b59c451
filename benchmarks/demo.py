"""What the demo costs: a warm `make demo`, the memory of all its processes, an idle API, loading the code location.

`--quick` runs a smaller cohort. The last line is one JSON object. Everything is measured in one run on one machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from local.foreground import running
from local.stack import EmbeddedStack
from local.stack.http import answers
from local.stack.ports import free_port

DEMO_SECONDS = 1200.0
IDLE_SECONDS = 3.0


def tree_memory(root: psutil.Process) -> int:
    """Memory of a process and all below it in bytes, shared pages counted once (PSS) where the kernel tells."""
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def run_demo(folder: Path, people: int) -> tuple[float, int]:
    """Seconds and peak memory in bytes of one demo. Raises CalledProcessError when it fails."""
    environment = os.environ | {"LOCAL_DATA_DIR": str(folder), "PEOPLE": str(people), "PORT": str(free_port())}
    started = time.monotonic()
    peak = 0
    with subprocess.Popen(
        [sys.executable, "-m", "local.demo"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        root = psutil.Process(child.pid)
        while child.poll() is None:
            if time.monotonic() - started > DEMO_SECONDS:
                child.terminate()
                raise TimeoutError(f"the demo took more than {DEMO_SECONDS:.0f} s")
            peak = max(peak, tree_memory(root))
            time.sleep(0.5)
    if child.returncode != 0:
        raise subprocess.CalledProcessError(child.returncode, "local.demo")
    return time.monotonic() - started, peak


def idle_api_bytes(folder: Path) -> int:
    """Resident memory of the API process that answers `/health` and was left alone."""
    port = free_port()
    with EmbeddedStack(folder, bigquery=False) as stack:
        stack.prepare()
        environment = stack.environment() | {"PORT": str(port), "LOG_LEVEL": "error"}
        command = {"the API": [sys.executable, "-m", "cli.main", "serve", "--host", "127.0.0.1"]}
        with running(command, environment) as programs:
            while not answers(f"http://127.0.0.1:{port}/health"):
                programs[0].ensure_running()
                time.sleep(0.2)
            time.sleep(IDLE_SECONDS)
            wrapper = psutil.Process(programs[0].child.pid)
            family = [wrapper, *wrapper.children(recursive=True)]
            # The service is the largest of its family; what ties it to its parent is small.
            return max(int(process.memory_info().rss) for process in family)


def code_location_seconds() -> float:
    """Loading the definitions in a fresh process, imports included."""
    script = "from pipelines.definitions import defs; defs().resolve_all_asset_specs()"
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=120)
    return time.monotonic() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small cohort")
    arguments = parser.parse_args()
    people = 100 if arguments.quick else 2000
    with tempfile.TemporaryDirectory(prefix="cvstomize-demo-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        code_location_seconds()
        location = code_location_seconds()
        if not arguments.quick:
            run_demo(folder, people)
        seconds, peak = run_demo(folder, people)
        idle = idle_api_bytes(folder)
    figures = {
        "rows": people,
        "warm_seconds": round(seconds, 1),
        "peak_memory_mb": round(peak / 2**20),
        "api_idle_mb": round(idle / 2**20),
        "code_location_seconds": round(location, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
