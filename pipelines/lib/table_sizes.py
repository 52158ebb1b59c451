"""How large the app's own tables are, for the UI. The pipeline role may not read them; their statistics it may."""

from __future__ import annotations

import psycopg

from api.db.base import SCHEMA

SQL = "select relname, n_live_tup from pg_stat_all_tables where schemaname = %s order by relname"


def estimated_rows(url: str) -> dict[str, int]:
    """Rows by table as the server's statistics estimate them; `url` is a libpq URL. Exact counts would need a scan."""
    options = "-c statement_timeout=10s"
    with psycopg.connect(url, connect_timeout=5, options=options, autocommit=True) as connection:
        return {str(table): int(rows) for table, rows in connection.execute(SQL, [SCHEMA])}
