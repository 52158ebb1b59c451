"""`python -m deploy.rehearse`: proves the images without a container engine. Needs root and debootstrap.

Carries out the steps of both Dockerfiles in bare Debian roots, then uses what came out as Cloud Run would, on a
read-only file system and as the image's own account: the migration brings a fresh database to head, the API serves a
person from sign-up to three PDFs, and Dagster's code location answers its health check and loads. The last line is one
JSON object with the size of each image in MB by its largest parts.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from deploy.image_root import ImageRoot, RehearsalError, bare_debian
from deploy.image_steps import Stage, parse_stages
from local.demo.inputs import SAMPLES, load_inputs
from local.demo.walk import Walker
from local.stack import EmbeddedStack
from local.stack.ports import free_port

PROJECT = Path(__file__).resolve().parents[1]
WORK_FOLDER = Path(os.environ.get("REHEARSAL_DIR", tempfile.gettempdir())) / "cvstomize-rehearsal"
START_SECONDS = 90.0
PARTS = ("opt/venv", "usr/share/fonts", "usr/lib/python3", "usr/lib/python3.11", "usr/lib/x86_64-linux-gnu", "app")


def build(name: str, work: Path) -> tuple[ImageRoot, Stage]:
    """Carry out every stage of one Dockerfile; the last one is the image."""
    base = bare_debian(work / "base")
    roots: dict[str, ImageRoot] = {}
    stages = parse_stages(PROJECT / f"deploy/images/{name}.Dockerfile")
    for stage in stages:
        print(f"{name}: stage {stage.name}", flush=True)
        folder = work / f"{name}-{stage.name}"
        shutil.rmtree(folder, ignore_errors=True)
        roots[stage.name] = ImageRoot(folder, base)
        roots[stage.name].carry_out(stage, PROJECT, roots)
    return roots[stages[-1].name], stages[-1]


class Image:
    """A built image: runs its entry point as its account on a read-only file system."""

    def __init__(self, root: ImageRoot, stage: Stage) -> None:
        self._root, self._stage = root, stage

    def command(self, *arguments: str) -> list[str]:
        """The host's command line of the image's entry point with these arguments, or with its own."""
        inside = ["env", "-i", f"--chdir={self._stage.folder}", *self._settings(), *self._stage.entrypoint]
        return self._root.command([*inside, *(arguments or self._stage.command)], user=self._stage.user, read_only=True)

    def with_environment(self, environment: dict[str, str]) -> Image:
        """The same image with settings, as a specification would give them."""
        stage = Stage(**{**vars(self._stage), "environment": self._stage.environment | environment})
        return Image(self._root, stage)

    def run(self, *arguments: str) -> str:
        """Run to the end. Raises RehearsalError."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise RehearsalError(f"{' '.join(arguments)} exited with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Its own command in the background; ended by SIGTERM at the end."""
        with subprocess.Popen(self.command()) as process:
            try:
                yield process
            finally:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=15)
                process.kill()

    def sizes(self) -> dict[str, float]:
        """MB of the whole and of its largest parts."""
        return {"all": _megabytes(self._root.path), **{part: _megabytes(self._root.path / part) for part in PARTS}}

    def _settings(self) -> list[str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        values = {name: value.replace("$PATH", path) for name, value in self._stage.environment.items()}
        return [f"{name}={value}" for name, value in values.items()]


def _megabytes(path: Path) -> float:
    if not path.exists():
        return 0.0
    done = subprocess.run(["du", "-sxk", str(path)], capture_output=True, text=True, check=True, timeout=120)
    return round(int(done.stdout.split()[0]) / 1024, 1)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the address answers 200. Raises RehearsalError when the process ends or time is up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RehearsalError(f"the image's program ended with {process.returncode}")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(address, timeout=2, trust_env=False).is_success:
                return
        time.sleep(0.2)
    raise RehearsalError(f"{address} did not answer within {START_SECONDS:.0f} s")


def rehearse_api(image: Image, environment: dict[str, str], port: int) -> None:
    """Migrate a fresh database from the image, then serve a person from it."""
    print("api image: migrate:", image.with_environment(environment).run("migrate"))
    settings = environment | {"PORT": str(port), "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "warning"}
    with image.with_environment(settings).running() as process, tempfile.TemporaryDirectory() as folder:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process)
        inputs = load_inputs(SAMPLES)
        walker = Walker(f"http://127.0.0.1:{port}", inputs.people[0], Path(folder), 0)
        walked = walker.walk(inputs.jobs[:1], lambda _: None)
        for pdf in walked.pdfs:
            print(f"api image: {pdf.name}: {pdf.stat().st_size} bytes, {pdf.read_bytes()[:8]!r}")


def rehearse_pipelines(image: Image, environment: dict[str, str]) -> None:
    """Serve the code location from the image and load everything in it."""
    with image.with_environment(environment).running() as process:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                image.run("dagster", "api", "grpc-health-check", "--port", "4000")
                break
            except RehearsalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(1)
        print("pipelines image: the code location answers its health check")
    listing = image.with_environment(environment | {"DAGSTER_HOME": "/tmp"}).run(
        "dagster", "definitions", "validate", "--module-name", "pipelines.definitions"
    )
    print("pipelines image:", listing.splitlines()[-1] if listing else "definitions are valid")


def main() -> int:
    """Build, use, measure. Exit code 1 with the step that failed."""
    if os.geteuid() != 0:
        print("the rehearsal needs root: it mounts and changes its root folder", file=sys.stderr)
        return 78
    WORK_FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        api, pipelines = (Image(*build(name, WORK_FOLDER)) for name in ("api", "pipelines"))
        with EmbeddedStack(ephemeral=True) as stack:
            stack.prepare_roles()
            rehearse_api(api, stack.environment(), free_port())
            rehearse_pipelines(pipelines, stack.environment())
        print(json.dumps({"image_mb": api.sizes()["all"], "api": api.sizes(), "pipelines": pipelines.sizes()}))
    except RehearsalError as error:
        print(f"the rehearsal failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
