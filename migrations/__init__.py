"""Schema changes: Alembic revisions, run by the migrator as the owner role."""
