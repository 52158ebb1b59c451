"""A PostgreSQL server of one test's own, to stop, freeze and break. Everything else shares the stack's."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from local.stack.addresses import DATABASE, ROLE_OF_SETTING, libpq_address, role_addresses
from local.stack.ports import free_port
from local.stack.postgres import PostgresServer
from local.stack.process import ServiceProcess
from migrations.bootstrap import ensure_database, ensure_roles
from migrations.runner import migrate
from tests.support.databases import Database

START_SECONDS = 30.0


class PrivatePostgres:
    """A migrated server that keeps its port over restarts."""

    def __init__(self, folder: Path) -> None:
        self._server = PostgresServer(folder, folder, secrets.token_hex(16), ephemeral=True)
        self._port = free_port()
        self._process: ServiceProcess | None = None

    def start(self) -> None:
        self._process = self._server.prepare(self._port)
        self._process.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.is_ready(self._port):
            self._process.ensure_running()
            assert time.monotonic() < deadline, "the private PostgreSQL did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        assert self._process is not None
        self._process.request_stop()
        self._process.finish_stop()

    def database(self) -> Database:
        """Make the product's database with its roles and schema."""
        superuser = self._server.url(self._port, DATABASE)
        ensure_database(libpq_address(self._server.url(self._port)), DATABASE)
        passwords = {role: secrets.token_hex(16) for role in ROLE_OF_SETTING.values()}
        ensure_roles(libpq_address(superuser), passwords)
        urls = role_addresses(superuser, passwords)
        migrate(urls["MIGRATOR_DATABASE_URL"])
        return Database(DATABASE, superuser, urls)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """The server and its sessions get no processor time; connections stay open and say nothing."""
        stopped = self._processes()
        for process in stopped:
            process.suspend()
        try:
            yield
        finally:
            for process in [*stopped, *self._processes()]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    def crash_a_session(self) -> None:
        """Kill one session outright: the server ends all others and recovers from its log."""
        sessions = [process for process in self._processes() if "cvstomize_app" in " ".join(process.cmdline())]
        sessions[0].kill()

    def _processes(self) -> list[psutil.Process]:
        assert self._process is not None
        assert self._process.pid is not None
        main = psutil.Process(self._process.pid)
        return [main, *main.children(recursive=True)]
