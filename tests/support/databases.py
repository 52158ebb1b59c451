"""A migrated database per test module, cloned from a template in a fraction of a second."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from local.stack.addresses import DATABASE, ROLE_OF_SETTING, libpq_address, parsed, with_database
from migrations.bootstrap import ensure_database, ensure_roles, grant_database
from migrations.runner import migrate
from tests.support.shared_stack import SharedStack

TEMPLATE = "cvstomize_template"


@dataclass(frozen=True)
class Database:
    """Addresses of one database, `postgresql+psycopg://…`. `urls` is keyed by setting, ready for `environ | urls`."""

    name: str
    superuser_url: str
    urls: dict[str, str]

    @property
    def app_url(self) -> str:
        return self.urls["DATABASE_URL"]

    @property
    def migrator_url(self) -> str:
        return self.urls["MIGRATOR_DATABASE_URL"]

    @property
    def pipeline_url(self) -> str:
        return self.urls["PIPELINE_DATABASE_URL"]

    @property
    def eraser_url(self) -> str:
        return self.urls["ERASER_DATABASE_URL"]

    @property
    def analyst_url(self) -> str:
        return self.urls["ANALYST_DATABASE_URL"]

    def connect(self, setting: str | None = None) -> psycopg.Connection:
        """A psycopg connection as the role of a setting, or as the superuser when none is named."""
        url = self.urls[setting] if setting else self.superuser_url
        return psycopg.connect(libpq_address(url), connect_timeout=5)


def addresses(stack: SharedStack, name: str) -> Database:
    """A database of this name on the stack's server."""
    environment = stack.environment()
    urls = {setting: with_database(environment[setting], name) for setting in ROLE_OF_SETTING}
    return Database(name, with_database(stack.superuser_url, name), urls)


def ensure_template(stack: SharedStack, root: Path) -> None:
    """Make the migrated template, and the database the stack's own settings name, once per test run."""
    marker = root / "template.ready"
    if marker.exists():
        return
    template = addresses(stack, TEMPLATE)
    ensure_database(libpq_address(stack.admin_url), TEMPLATE)
    passwords = {role: parsed(template.urls[setting]).password or "" for setting, role in ROLE_OF_SETTING.items()}
    ensure_roles(libpq_address(template.superuser_url), passwords)
    # A run may ask for an older head, to see that this version of the service works with it.
    migrate(template.migrator_url, target=os.environ.get("TEST_MIGRATION_HEAD"))
    clone(stack, DATABASE)
    marker.touch()


def clone(stack: SharedStack, name: str) -> Database:
    """Copy the template. Rights on the database itself are not copied with it, so they are granted anew."""
    database = addresses(stack, name)
    with psycopg.connect(libpq_address(stack.admin_url), autocommit=True, connect_timeout=5) as connection:
        statement = "CREATE DATABASE {} TEMPLATE {}"
        connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    with database.connect() as connection:
        grant_database(connection)
    return database


@contextlib.contextmanager
def fresh_database(stack: SharedStack, root: Path, name: str) -> Iterator[Database]:
    """A clone of the template that is dropped at the end, whoever is still connected."""
    ensure_template(stack, root)
    database = clone(stack, name)
    try:
        yield database
    finally:
        with psycopg.connect(libpq_address(stack.admin_url), autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
