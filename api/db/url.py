"""One place that understands database URLs, over TCP and over a Cloud SQL socket."""

from __future__ import annotations

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVER = "postgresql+psycopg"
EXAMPLE = "postgresql://cvstomize_app:password@127.0.0.1:5432/cvstomize"


def parse_database_url(text: str) -> URL:
    """Parse a `postgres://`, `postgresql://` or `postgresql+psycopg://` URL, with a host or a socket directory.

    Raises ValueError with words that never repeat the URL, which holds a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ValueError("is not a database URL") from error
    if url.drivername not in {"postgres", "postgresql", DRIVER}:
        raise ValueError("must start with postgresql://")
    if not url.database:
        raise ValueError("names no database")
    if not url.host and "host" not in url.query:
        raise ValueError("names neither a host nor a socket directory (?host=/cloudsql/project:region:instance)")
    return url.set(drivername=DRIVER)


def sqlalchemy_url(text: str) -> URL:
    """The URL for SQLAlchemy with psycopg 3."""
    return parse_database_url(text)


def libpq_url(text: str) -> str:
    """The URL for psycopg, psql and dbt, with the password in it: never log it."""
    return parse_database_url(text).set(drivername="postgresql").render_as_string(hide_password=False)
