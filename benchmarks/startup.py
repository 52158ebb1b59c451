"""How long the API takes from the start of its process to the first 200 on `/health`, what it then weighs, and what its
image contains.

Start and memory are measured on a warm disk against a migrated database, with our packages compiled as the image's
Dockerfile compiles them; the figure is the median of the starts. The image is weighed by package: Debian's own figures
of what the image installs, the files of every locked Python package, and our own code. `--quick` starts it fewer times.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from deploy.image_steps import parse_stages
from local.stack import EmbeddedStack
from local.stack.http import answers
from local.stack.ports import free_port

PROJECT = Path(__file__).resolve().parents[1]
START_SECONDS = 30.0
IDLE_SECONDS = 3.0
POLL_SECONDS = 0.005


def one_start(environment: dict[str, str], port: int) -> tuple[float, int]:
    """Seconds until `/health` answers 200, and resident bytes of the idle process. Raises TimeoutError."""
    command = [sys.executable, "-m", "cli.main", "serve", "--host", "127.0.0.1"]
    settings = os.environ | environment | {"PORT": str(port), "LOG_LEVEL": "error"}
    started = time.monotonic()
    with subprocess.Popen(command, cwd=PROJECT, env=settings) as child:
        try:
            while not answers(f"http://127.0.0.1:{port}/health"):
                if child.poll() is not None or time.monotonic() - started > START_SECONDS:
                    raise TimeoutError(f"the API did not answer within {START_SECONDS:.0f} s")
                time.sleep(POLL_SECONDS)
            seconds = time.monotonic() - started
            time.sleep(IDLE_SECONDS)
            return seconds, psutil.Process(child.pid).memory_info().rss
        finally:
            child.terminate()


def compile_packages() -> None:
    """Compile what the API is made of, as its image does; this environment may be told to write no byte code."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "compileall", "-q", "api", "renderer", "migrations", "cli"]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, timeout=60)


def debian_megabytes() -> dict[str, float]:
    """Installed size in MB of each package that the final stage brings, with all it depends on."""
    runs = [
        step.value for step in parse_stages(PROJECT / "deploy/images/api.Dockerfile")[-1].steps if step.kind == "RUN"
    ]
    listed = re.search(r"--no-install-recommends ([^&]+)", runs[0])
    assert listed is not None, "the image installs no packages"
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${Installed-Size}\t${Essential}\t${Pre-Depends}, ${Depends}\n"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    installed = {row[0]: row[1:] for row in (line.split("\t") for line in shown.splitlines())}
    waiting = [
        *listed[1].split(),
        *(name for name, (_, essential, _) in installed.items() if essential == "yes"),
        "apt",
    ]
    sizes: dict[str, float] = {}
    while waiting:
        name = waiting.pop()
        if name in sizes or name not in installed:
            continue
        size, _, depends = installed[name]
        sizes[name] = int(size) / 1024
        for alternatives in depends.split(","):  # the first one that is there is the one apt took
            names = [re.split(r"[ (:]", choice.strip(), maxsplit=1)[0] for choice in alternatives.split("|")]
            waiting += [choice for choice in names if choice in installed][:1]
    return sizes


def python_megabytes() -> dict[str, float]:
    """Size in MB of the files of each package in the service's lock."""
    lock = (PROJECT / "requirements/api.lock").read_text()
    sizes: dict[str, float] = {}
    for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE):
        try:
            files = importlib.metadata.distribution(name).files or []
        except importlib.metadata.PackageNotFoundError:
            continue  # a package of another platform or Python
        paths = [Path(str(file.locate())) for file in files]
        sizes[name] = sum(path.stat().st_size for path in paths if path.is_file()) / 2**20
    return sizes


def own_megabytes() -> float:
    """Size in MB of the rooms that the image copies."""
    rooms = ("api", "renderer", "migrations", "cli")
    return sum(path.stat().st_size for room in rooms for path in (PROJECT / room).rglob("*") if path.is_file()) / 2**20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three starts instead of eleven")
    starts = 3 if parser.parse_args().quick else 11
    compile_packages()
    with EmbeddedStack(ephemeral=True, bigquery=False) as stack:
        stack.prepare()
        one_start(stack.environment(), free_port())  # the disk is warm from here on
        measured = [one_start(stack.environment(), free_port()) for _ in range(starts)]
    debian, python, own = debian_megabytes(), python_megabytes(), own_megabytes()
    largest = sorted((debian | python).items(), key=lambda entry: -entry[1])[:12]
    for name, megabytes in largest:
        print(f"{name:<32}{megabytes:8.1f} MB")
    figures = {
        "rows": starts,
        "start_seconds": round(statistics.median(seconds for seconds, _ in measured), 2),
        "idle_memory_mb": round(max(memory for _, memory in measured) / 2**20),
        "image_mb": round(sum(debian.values()) + sum(python.values()) + own),
        "image_debian_mb": round(sum(debian.values())),
        "image_python_mb": round(sum(python.values())),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
