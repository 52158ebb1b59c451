"""Creates the roles and the database once, as a role that may do so.

This is the only step that needs more than the migrator's rights, so it is separate from every migration: an
operator can read it, run it, and never run it again.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

from migrations.roles import LOGIN_ROLES, MIGRATOR, OWNER


def ensure_database(admin_url: str, database: str) -> bool:
    """Create `database` when it is missing; return whether it was created. `admin_url` names another database."""
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=5) as connection:
        exists = connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone()
        if exists:
            return False
        connection.execute(sql.SQL("create database {} encoding 'UTF8'").format(sql.Identifier(database)))
        return True


def ensure_roles(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Create or update the owner and the five login roles, and let only them into the database.

    `admin_url` is a libpq URL to the product's own database, as a role with CREATEROLE. `passwords` maps each
    login role to its password. Running it again sets the passwords and grants anew and changes nothing else.
    """
    missing = [role for role in LOGIN_ROLES if role not in passwords]
    if missing:
        raise ValueError(f"a password is needed for {', '.join(missing)}")
    with psycopg.connect(admin_url, connect_timeout=5) as connection:
        # Two bootstraps at once would both see a role missing; one waits here for the other.
        connection.execute("select pg_advisory_xact_lock(hashtext('cvstomize bootstrap'))")
        present = {name for (name,) in connection.execute("select rolname from pg_roles")}
        if OWNER not in present:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(OWNER)))
        for role in LOGIN_ROLES:
            verb = "alter" if role in present else "create"
            connection.execute(
                sql.SQL("{} role {} login password {}").format(
                    sql.SQL(verb), sql.Identifier(role), sql.Literal(passwords[role])
                )
            )
        grant_database(connection)


def grant_database(connection: psycopg.Connection) -> None:
    """Let the owner create schemas, the login roles connect, and nobody else anything."""
    row = connection.execute("select current_database()").fetchone()
    assert row is not None
    database = sql.Identifier(row[0])
    owner, migrator = sql.Identifier(OWNER), sql.Identifier(MIGRATOR)
    connection.execute(sql.SQL("grant {} to {}").format(owner, migrator))
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    connection.execute(sql.SQL("revoke all on schema public from public"))
    connection.execute(sql.SQL("grant connect, create on database {} to {}").format(database, owner))
    for role in LOGIN_ROLES:
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(role)))
        if role == "cvstomize_pipeline":  # dbt's unit tests put their given rows into temporary tables
            connection.execute(sql.SQL("grant temporary on database {} to {}").format(database, sql.Identifier(role)))
        connection.execute(
            sql.SQL("alter role {} in database {} set timezone to 'UTC'").format(sql.Identifier(role), database)
        )
