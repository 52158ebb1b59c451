"""The BigQuery stand-in: bqemulator on DuckDB, reading `gs://` from the files of the Cloud Storage stand-in."""

import os
import sys
from importlib import resources, util
from pathlib import Path

from local.stack.errors import StackError
from local.stack.http import answers
from local.stack.ports import LOOPBACK
from local.stack.process import ServiceProcess


class BigQueryServer:
    """One DuckDB file in `data_dir/bigquery`, or memory only for an ephemeral stack."""

    name = "BigQuery emulator"

    def __init__(self, data_dir: Path, log_dir: Path, storage_root: Path, project: str, *, ephemeral: bool) -> None:
        self._root = data_dir / "bigquery"
        self._log_dir = log_dir
        self._storage_root = storage_root
        self._project = project
        self._ephemeral = ephemeral

    def url(self, port: int) -> str:
        return f"http://{LOOPBACK}:{port}"

    def prepare(self, port: int, grpc_port: int) -> ServiceProcess:
        """The server, not yet started. Raises StackError when the wheels are incomplete."""
        if util.find_spec("bqemulator") is None:
            raise StackError("the wheel bqemulator is not installed: run make install")
        home = self._root / "home"
        (self._root / "uploads").mkdir(parents=True, exist_ok=True)
        self._storage_root.mkdir(parents=True, exist_ok=True)
        offer_spatial_extension(home)
        command = [sys.executable, "-W", "ignore", "-m", "bqemulator", "start", "--log-level", "warning"]
        command += ["--rest-host", LOOPBACK, "--rest-port", str(port), "--project", self._project]
        command += ["--grpc-host", LOOPBACK, "--grpc-port", str(grpc_port)]
        command += ["--ephemeral"] if self._ephemeral else ["--persistent", "--data-dir", str(self._root)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BQEMU_")}
        environment |= {
            "HOME": str(home),
            "BQEMU_GCS_LOCAL_ROOT": str(self._storage_root),
            "BQEMU_UPLOAD_STAGING_DIR": str(self._root / "uploads"),
            "BQEMU_ENABLE_FORMAT_EXTENSIONS": "false",  # Avro would be downloaded; Parquet is built in
        }
        return ServiceProcess(self.name, command, self._log_dir / "bigquery.log", environment)

    def is_ready(self, port: int) -> bool:
        return answers(f"{self.url(port)}/readyz")


def offer_spatial_extension(home: Path) -> None:
    """Put the wheel's spatial extension where DuckDB looks for installed ones, else the emulator would download it.

    A link, not a copy: the file has 80 MB.
    """
    import duckdb

    version = f"v{duckdb.__version__}"
    if util.find_spec("duckdb_extension_spatial") is None:
        raise StackError("the wheel duckdb-extension-spatial is not installed: run make install")
    wheel = Path(str(resources.files("duckdb_extension_spatial"))) / "extensions" / version
    extension = wheel / "spatial.duckdb_extension"
    row = duckdb.sql("PRAGMA platform").fetchone()
    if not extension.exists() or row is None:
        raise StackError(f"duckdb-extension-spatial does not fit DuckDB {version}: run make install")
    installed = home / ".duckdb" / "extensions" / version / str(row[0]) / extension.name
    installed.parent.mkdir(parents=True, exist_ok=True)
    if not (installed.is_symlink() and installed.resolve() == extension.resolve()):
        installed.unlink(missing_ok=True)
        installed.symlink_to(extension)
