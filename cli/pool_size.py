"""Whether this process's connection pool fits into what the server grants its role, asked once before serving."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.settings import Settings

CONNECT_SECONDS = 2
GRANTED = """
    select least(
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
        nullif((select rolconnlimit from pg_roles where rolname = current_user), -1),
        nullif((select datconnlimit from pg_database where datname = current_database()), -1)
    )
"""


def pool_fault(settings: Settings) -> str | None:
    """Why the pool cannot work, or None. A database that does not answer is no fault here: readiness will say it.

    Behind a transaction pooler the server's limit says nothing about a client's, so nothing is asked there.
    """
    import psycopg

    from api.db.url import libpq_url

    if settings.database_pooler:
        return None
    try:
        url = libpq_url(settings.database_url.get_secret_value())
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            row = connection.execute(GRANTED).fetchone()
    except psycopg.Error:
        return None
    if row is None or settings.database_pool_size <= row[0]:
        return None
    return (
        f"DATABASE_POOL_SIZE: {settings.database_pool_size} connections for one process, but the database grants this"
        f" role {row[0]}; example: {max(1, row[0] // 10)}"
    )
