"""Database addresses: one per role, on the embedded server or on one that the environment names."""

import os
from collections.abc import Mapping

from sqlalchemy.engine import URL

from api.db.url import EXAMPLE, parse_database_url
from local.stack.errors import StackError

DATABASE = "cvstomize"
ROLE_OF_SETTING = {
    "DATABASE_URL": "cvstomize_app",
    "MIGRATOR_DATABASE_URL": "cvstomize_migrator",
    "PIPELINE_DATABASE_URL": "cvstomize_pipeline",
    "ERASER_DATABASE_URL": "cvstomize_eraser",
    "ANALYST_DATABASE_URL": "cvstomize_analyst",
}


def parsed(url: str) -> URL:
    """The address in parts. Raises StackError, which never repeats it: it holds a password."""
    try:
        return parse_database_url(url)
    except ValueError as error:
        raise StackError(f"DATABASE_URL {error}; an example is {EXAMPLE}") from None


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def sqlalchemy_address(url: str) -> str:
    """The address with the driver named, as the settings want it."""
    return text(parsed(url))


def libpq_address(url: str) -> str:
    """The address without a driver, as psql and psycopg want it."""
    return text(parsed(url).set(drivername="postgresql"))


def with_role(url: str, role: str, password: str) -> str:
    """The same server and database for another role."""
    return text(parsed(url).set(username=role, password=password))


def with_database(url: str, database: str) -> str:
    """The same server and role for another database."""
    return text(parsed(url).set(database=database))


def role_addresses(url: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """One address per setting, all on the server and database of `url`."""
    return {setting: with_role(url, role, passwords[role]) for setting, role in ROLE_OF_SETTING.items()}


def may_create_roles(url: str) -> bool:
    """Whether the given role can bootstrap the others. Raises StackError when the server cannot be reached."""
    import psycopg

    try:
        with psycopg.connect(libpq_address(url), connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise StackError(
            f"DATABASE_URL is set but does not answer: {reason}; unset it to use the embedded server"
        ) from None
    return bool(row and row[0])


def given_addresses(url: str, passwords: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
    """Addresses on a server that the environment names, and the one to bootstrap with when it may create roles.

    Raises StackError naming every missing setting at once when the role may not create the others.
    """
    given = {setting: os.environ[setting] for setting in ROLE_OF_SETTING if os.environ.get(setting)}
    missing = [setting for setting in ROLE_OF_SETTING if setting not in given]
    if not missing:
        return {setting: sqlalchemy_address(address) for setting, address in given.items()}, None
    if may_create_roles(url):
        return role_addresses(url, passwords), sqlalchemy_address(url)
    raise StackError(
        f"DATABASE_URL is set and its role may not create roles: set {', '.join(missing)} too, "
        "or give DATABASE_URL a role with CREATEROLE"
    )
