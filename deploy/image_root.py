"""A bare Debian root in which the steps of an image are carried out, and from which its programs are run.

Needs root, debootstrap and the host's package sources. The network is the host's; files are the root's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.image_steps import Stage, Step

STEP_SECONDS = 1_200.0
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOST_FILES = (
    "/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/apt.conf.d", "/etc/apt/trusted.gpg.d",
    "/etc/apt/preferences.d", "/etc/pip.conf", "/etc/xdg/pip", "/etc/hosts", "/etc/resolv.conf", "/etc/ssl",
    "/usr/local/share/ca-certificates", "/usr/share/keyrings",
)  # fmt: skip
"""Where packages come from is the machine's business: an image build gets it from its own surroundings."""
HOST_VARIABLES = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA", "SSL_CERT")


class RehearsalError(Exception):
    """A step failed. The message names it and ends with the last lines it printed."""


def bare_debian(base: Path, release: str = "bookworm") -> Path:
    """A minimal Debian, made once and kept at `base`."""
    if (base / ".done").exists():
        return base
    if shutil.which("debootstrap") is None:
        raise RehearsalError("debootstrap is missing: apt-get install debootstrap")
    shutil.rmtree(base, ignore_errors=True)
    mirrors = package_mirrors(Path("/etc/apt"))
    _run(["debootstrap", "--variant=minbase", release, str(base), *mirrors[:1]], "a bare Debian")
    (base / ".done").touch()
    return base


def package_mirrors(apt: Path) -> list[str]:
    """Where this machine gets Debian's packages from; empty when debootstrap's own default must do."""
    files = [path for path in apt.rglob("*") if path.suffix in {".list", ".sources"}]
    words = [word for path in files for word in path.read_text(errors="replace").split()]
    return [word for word in words if word.startswith("http") and word.rstrip("/").endswith("/debian")]


class ImageRoot:
    """The files of one stage."""

    def __init__(self, path: Path, base: Path) -> None:
        self.path = path
        _run(["cp", "-a", f"{base}/.", str(path)], "copying the base")
        (path / ".done").unlink(missing_ok=True)
        for name in HOST_FILES:
            source, target = Path(name), path / name.lstrip("/")
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True, ignore_dangling_symlinks=True)
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)

    def carry_out(self, stage: Stage, context: Path, earlier: Mapping[str, ImageRoot]) -> None:
        """Every step of the stage, in order. Raises RehearsalError at the first that fails."""
        folder, environment = "/", dict[str, str]()
        for step in stage.steps:
            if step.kind == "ENV":
                name, _, value = step.value.partition("=")
                environment[name] = value.replace("$PATH", environment.get("PATH", SYSTEM_PATH))
            elif step.kind == "WORKDIR":
                folder = step.value
                self._inside(folder).mkdir(parents=True, exist_ok=True)
            elif step.kind == "COPY":
                self._copy(step, folder, earlier[step.copied_from].path if step.copied_from else context)
            else:
                self.run(["sh", "-c", f"cd {folder} && {step.value}"], environment, name=step.value)

    def run(self, command: Sequence[str], environment: Mapping[str, str], *, name: str) -> str:
        """Run a command as root inside, and return what it printed."""
        surroundings = {key: value for key, value in os.environ.items() if key.upper().startswith(HOST_VARIABLES)}
        surroundings |= {"PATH": SYSTEM_PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}
        return _run(self.command(command), name, surroundings | dict(environment))

    def command(self, command: Sequence[str], *, user: str | None = None, read_only: bool = False) -> list[str]:
        """The command line that runs `command` inside; `read_only` leaves only /tmp to write to, as Cloud Run may."""
        mounts = ['mount --bind "$0" "$0"', 'mount -t proc proc "$0/proc"', 'mount --rbind /dev "$0/dev"']
        if read_only:
            mounts += ['mount -t tmpfs tmpfs "$0/tmp"', 'mount -o remount,bind,ro "$0"']
        account = f"--userspec={user}:{user} " if user else ""
        script = " && ".join([*mounts, f'exec chroot {account}"$0" "$@"'])
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script, str(self.path), *command]

    def _inside(self, path: str) -> Path:
        return self.path / path.lstrip("/")

    def _copy(self, step: Step, folder: str, source_root: Path) -> None:
        *sources, target = step.value.split()
        inside = self._inside(target if target.startswith("/") else f"{folder}/{target}")
        for source in sources:
            origin = source_root / source.lstrip("/")
            if origin.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
                ignore = None if step.copied_from else ignored
                shutil.copytree(origin, inside, dirs_exist_ok=True, symlinks=True, ignore=ignore)
            else:
                destination = inside / origin.name if len(sources) > 1 or target.endswith("/") else inside
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, destination)


def _run(command: Sequence[str], name: str, environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            env=dict(environment) if environment is not None else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RehearsalError(f"not done within {STEP_SECONDS:.0f} s: {name}") from None
    if done.returncode != 0:
        raise RehearsalError(f"{name}\n{(done.stdout + done.stderr)[-2_000:]}")
    return done.stdout
