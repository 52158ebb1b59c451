"""Revisions that PostgreSQL refuses inside a transaction: building or dropping an index while others write.

Such a build that is interrupted leaves an INVALID index, which `IF NOT EXISTS` would keep. So: journal the start, drop
an INVALID remnant, run, verify, mark done. Every part can be killed and done again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from psycopg import sql

from api.db.base import SCHEMA, Base
from migrations import journal
from migrations.chain import Chain, Revision, Step
from migrations.errors import MigrationError
from migrations.roles import OWNER
from migrations.session import autocommit, owner_transaction, with_retries


def index_place(revision: Revision) -> tuple[str, str]:
    """Schema and name of the index that the revision builds or drops."""
    (statement,) = revision.statements
    touch = next(touch for touch in statement.touches if touch.kind == "relation")
    return touch.schema or "public", statement.index or touch.name


def index_state(connection: sa.Connection, schema: str, name: str) -> str | None:
    """`valid`, `invalid`, or None when there is no such index."""
    valid = connection.execute(
        sa.text(
            "select i.indisvalid and i.indisready from pg_index i join pg_class c on c.oid = i.indexrelid"
            " join pg_namespace n on n.oid = c.relnamespace where n.nspname = :schema and c.relname = :name"
        ),
        {"schema": schema, "name": name},
    ).scalar_one_or_none()
    return None if valid is None else ("valid" if valid else "invalid")


def apply_standalone(engine: sa.Engine, chain: Chain, step: Step) -> None:
    """Apply one standalone revision. Raises sqlalchemy DBAPIError or MigrationError; running again resumes it."""
    (revision,) = step.revisions
    with owner_transaction(engine) as connection:
        journal.start(connection, revision)
    schema, name = index_place(revision)
    builds = revision.statements[0].node == "IndexStmt"

    def run() -> None:
        with autocommit(engine) as connection:
            connection.execute(sa.text(f"set role {OWNER}"))
            state = index_state(connection, schema, name)
            if builds and state == "invalid":
                remnant = sql.SQL("drop index concurrently {}").format(sql.Identifier(schema, name)).as_string(None)
                connection.exec_driver_sql(remnant)
                state = None
            if (state is None) == builds:
                options = {"target_metadata": Base.metadata}
                with Operations.context(MigrationContext.configure(connection, opts=options)):
                    revision.script.module.upgrade()

    with_retries(run)
    with owner_transaction(engine) as connection:
        state = index_state(connection, schema, name)
        if state != ("valid" if builds else None):
            raise MigrationError(f"index {schema}.{name} is {state or 'missing'} after revision {revision.name}")
        context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
        context.stamp(chain.directory, revision.name)
        journal.finish(connection, revision)
