"""Alembic's entry point. The connection comes from `migrations.runner`; nothing here opens one."""

from __future__ import annotations

from alembic import context

from api.db.base import SCHEMA
from api.db.tables import User

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run migrations with `cvstomize migrate`: it sets the owner role first.")

context.configure(
    connection=connection,
    target_metadata=User.metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
    compare_server_default=False,
)
context.run_migrations()
