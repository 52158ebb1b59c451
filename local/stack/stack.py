"""The embedded stack: three services that live and die together."""

import contextlib
import getpass
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self

from api.profile.retention import UPLOAD_LIFETIME
from local.stack.addresses import DATABASE, given_addresses, libpq_address, role_addresses, with_database
from local.stack.bigquery import BigQueryServer
from local.stack.credentials import Credentials, load_credentials
from local.stack.environment import BUCKET_SETTINGS, dagster_home, product_settings
from local.stack.errors import StackError
from local.stack.ports import PortBook
from local.stack.postgres import PostgresServer
from local.stack.process import STOP_SECONDS, ServiceProcess
from local.stack.state import RunningProcess, StackLock, StackState, clear_leftovers
from local.stack.storage import StorageServer, ensure_buckets

if TYPE_CHECKING:
    from migrations.runner import MigrationReport

START_SECONDS = 45.0
ATTACH_SECONDS = 30.0
PORT_ATTEMPTS = 3


@dataclass
class Service:
    """A service that is being started: its process and how to see that it is healthy."""

    process: ServiceProcess
    is_ready: Callable[[], bool]
    restart: Callable[[], "Service"]
    ready: bool = False
    attempts: int = 1


class EmbeddedStack:
    """PostgreSQL, Cloud Storage and BigQuery stand-ins on loopback with their data in one folder.

    `with EmbeddedStack() as stack: stack.prepare(); run(env=os.environ | stack.environment())`

    A service whose address the environment already gives (`DATABASE_URL`, `STORAGE_EMULATOR_HOST`,
    `BIGQUERY_EMULATOR_HOST`) is not started; the given one is used. `bigquery` and `storage` leave a service out.
    `ephemeral` uses a folder of its own that is removed at the end, without the cost of durability. `attach` uses the
    running stack of another process instead of refusing. While it runs, SIGTERM ends the program like Ctrl-C does.
    Every failure is a StackError with one line for the person who started it.
    """

    def __init__(
        self,
        data_dir: Path = Path(".local"),
        *,
        bigquery: bool = True,
        storage: bool = True,
        ephemeral: bool = False,
        attach: bool = False,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.attached = False
        self._with_bigquery = bigquery
        self._with_storage = storage
        self._ephemeral = ephemeral
        self._attach = attach
        self._lock: StackLock | None = None
        self._state: StackState | None = None
        self._services: dict[str, Service] = {}
        self._previous_handler: signal.Handlers | Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start what the environment does not give and wait until all of it is healthy.

        Raises StackError; whatever was started is then stopped again.
        """
        try:
            if self._ephemeral:
                self.data_dir = Path(tempfile.mkdtemp(prefix="cvstomize-"))
                self.data_dir.chmod(0o755)
            self._start()
        except OSError as error:
            self.stop()
            raise StackError(f"the stack cannot use {self.data_dir}: {error}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what this object started, all at once, and wait for it. Safe to call again."""
        if self._previous_handler is not None:
            signal.signal(signal.SIGTERM, self._previous_handler)
            self._previous_handler = None
        with uninterrupted():
            for service in self._services.values():
                service.process.request_stop()
            deadline = time.monotonic() + STOP_SECONDS
            for service in self._services.values():
                service.process.finish_stop(max(0.1, deadline - time.monotonic()))
            self._services = {}
            if self._lock is not None:
                self._state_path.unlink(missing_ok=True)
                self._lock.release()
                self._lock = None
            if self._ephemeral:
                shutil.rmtree(self.data_dir, ignore_errors=True)
            self._state = None
            self.attached = False

    def environment(self) -> dict[str, str]:
        """Every setting a child process needs to work with this stack."""
        return dict(self._running_state().environment)

    @property
    def superuser_url(self) -> str | None:
        """Address of the product's database for a role that may create roles, or None when none was given."""
        return self._running_state().superuser_url

    def services(self) -> dict[str, int]:
        """Names and pids of the services that run for this stack."""
        return {name: process.pid for name, process in self._running_state().services.items()}

    def prepare(self) -> "MigrationReport":
        """Make the database, its roles and the newest schema. Changes nothing when all of it is there."""
        import psycopg

        from migrations.runner import MigrationError, migrate

        self.prepare_roles()
        try:
            return migrate(self._running_state().environment["MIGRATOR_DATABASE_URL"])
        except (MigrationError, psycopg.Error) as error:
            reason = str(error).strip().splitlines()[0]
            raise StackError(f"the database cannot be prepared: {reason}") from error

    def prepare_roles(self) -> None:
        """Make the database and its roles, and leave the schema to whoever migrates."""
        import psycopg

        from migrations.bootstrap import ensure_database, ensure_roles

        state = self._running_state()
        if state.superuser_url is None:
            return
        try:
            if self.runs_database:
                ensure_database(libpq_address(with_database(state.superuser_url, "postgres")), DATABASE)
            ensure_roles(libpq_address(state.superuser_url), self._credentials().role_passwords)
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise StackError(f"the database cannot be prepared: {reason}") from error

    @property
    def runs_database(self) -> bool:
        """Whether the database server is the embedded one."""
        return PostgresServer.name in self._running_state().services

    def watch(self, until: Callable[[], bool] = lambda: False, interval: float = 0.5) -> None:
        """Block until `until` says so. Raises StackError as soon as a service ends by itself."""
        while not until():
            for service in self._services.values():
                service.process.ensure_running()
            if self.attached and self._running_state().owner.find() is None:
                raise StackError("the process that ran the stack has ended")
            time.sleep(interval)

    @property
    def _state_path(self) -> Path:
        return self.data_dir / "stack.json"

    def _running_state(self) -> StackState:
        if self._state is None:
            raise StackError("the stack is not running: call start() first, or use it in a with statement")
        return self._state

    def _credentials(self) -> Credentials:
        data_exists = PostgresServer.data_exists(self.data_dir)
        return load_credentials(self.data_dir / "secrets.json", data_exists=data_exists)

    def _start(self) -> None:
        logs = self.data_dir / "logs"
        try:
            logs.mkdir(parents=True, exist_ok=True)
            lock = StackLock(self.data_dir / "stack.lock")
            owned = lock.acquire()
        except OSError as error:
            raise StackError(
                f"{self.data_dir} is not a folder {getpass.getuser()} can write to ({error.strerror}): "
                "give it to this account or choose another data folder"
            ) from None
        if not owned:
            if self._attach:
                self._attach_to_holder(lock)
                return
            raise StackError(
                f"the stack on {self.data_dir} already runs in process {lock.holder()}: stop that one first"
            )
        self._lock = lock
        self._end_on_sigterm()
        if (earlier := StackState.read(self._state_path)) is not None:
            clear_leftovers(earlier)
        self._state = StackState(owner=RunningProcess.of(os.getpid()))
        credentials = self._credentials()
        self._start_services(logs, credentials)

    def _start_services(self, logs: Path, credentials: Credentials) -> None:
        """Start the slowest first; PostgreSQL makes its cluster while the emulators load."""
        state = self._running_state()
        ports = PortBook(self.data_dir / "ports.json")
        settings = product_settings(credentials) | {"DAGSTER_HOME": str(dagster_home(self.data_dir))}
        storage = StorageServer(self.data_dir, logs)

        def start_bigquery(*, renew: bool = False) -> Service:
            server = BigQueryServer(
                self.data_dir, logs, storage.root, settings["GCP_PROJECT_ID"], ephemeral=self._ephemeral
            )
            port = ports.take("bigquery", renew=renew)
            process = server.prepare(port, ports.take("bigquery_grpc", renew=renew))
            settings["BIGQUERY_EMULATOR_HOST"] = server.url(port)
            return Service(process, lambda: server.is_ready(port), lambda: start_bigquery(renew=True))

        def start_storage(*, renew: bool = False) -> Service:
            port = ports.take("storage", renew=renew)
            settings["STORAGE_EMULATOR_HOST"] = storage.url(port)
            process = storage.prepare(port)
            return Service(process, lambda: storage.is_ready(port), lambda: start_storage(renew=True))

        def start_postgres(*, renew: bool = False) -> Service:
            server = PostgresServer(self.data_dir, logs, credentials.superuser_password, ephemeral=self._ephemeral)
            port = ports.take("postgres", renew=renew)
            process = server.prepare(port)
            state.superuser_url = server.url(port, DATABASE)
            settings.update(role_addresses(state.superuser_url, credentials.role_passwords))
            return Service(process, lambda: server.is_ready(port), lambda: start_postgres(renew=True))

        for wanted, setting, start in (
            (self._with_bigquery, "BIGQUERY_EMULATOR_HOST", start_bigquery),
            (self._with_storage, "STORAGE_EMULATOR_HOST", start_storage),
        ):
            if given := os.environ.get(setting):
                settings[setting] = given if "://" in given else f"http://{given}"
            elif wanted:
                self._launch(start())
        if given := os.environ.get("DATABASE_URL"):
            addresses, state.superuser_url = given_addresses(given, credentials.role_passwords)
            settings.update(addresses)
        else:
            self._launch(start_postgres())
        self._wait_until_healthy()
        if "STORAGE_EMULATOR_HOST" in settings:
            buckets = [settings[name] for name in BUCKET_SETTINGS]
            lifetimes = {settings["GCS_UPLOADS_BUCKET"]: UPLOAD_LIFETIME.days}
            ensure_buckets(settings["STORAGE_EMULATOR_HOST"], settings["GCP_PROJECT_ID"], buckets, lifetimes)
        state.environment = settings
        state.write(self._state_path)

    def _launch(self, service: Service) -> None:
        """Start a prepared service and note its pid at once: if we are killed now, the next start knows it."""
        process = service.process
        self._services[process.name] = service
        process.start()
        if process.pid is not None:
            self._running_state().services[process.name] = RunningProcess.of(process.pid)
            self._running_state().write(self._state_path)

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while waiting := [service for service in self._services.values() if not service.ready]:
            for service in waiting:
                process = service.process
                try:
                    process.ensure_running()
                except StackError:
                    if not process.port_was_taken() or service.attempts >= PORT_ATTEMPTS:
                        raise
                    again = service.restart()  # another program was quicker to take the port
                    again.attempts = service.attempts + 1
                    self._launch(again)
                    continue
                service.ready = service.is_ready()
                if not service.ready and time.monotonic() > deadline:
                    raise StackError(
                        f"{process.name} did not answer within {START_SECONDS:.0f} s: "
                        f"{process.reason()} ({process.log_path})"
                    )
            time.sleep(0.05)

    def _attach_to_holder(self, lock: StackLock) -> None:
        """Use the services of the process that holds the lock, waiting until it has started them."""
        deadline = time.monotonic() + ATTACH_SECONDS
        while time.monotonic() < deadline:
            state = StackState.read(self._state_path)
            if state is not None and state.environment and state.owner.find() is not None:
                self._state = state
                self.attached = True
                return
            time.sleep(0.2)
        raise StackError(f"the stack on {self.data_dir} is held by process {lock.holder()}, which does not start it")

    def _end_on_sigterm(self) -> None:
        """Turn SIGTERM into SystemExit, so that `finally` and `with` run. Leaves a handler of the program alone."""
        with contextlib.suppress(ValueError):  # not the main thread: the program looks after its signals
            if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                self._previous_handler = signal.SIG_DFL
                signal.signal(signal.SIGTERM, _exit_on_signal)


def _exit_on_signal(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM for the seconds that stopping takes: a second Ctrl-C must not leave a half."""
    held = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
