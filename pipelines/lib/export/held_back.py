"""Who holds the watermark back: a transaction that was open at the last export and still is.

The watermark is the oldest transaction still running, so one forgotten session makes every export read all that was
written since it began, and keeps VACUUM from its work. The exporter names it; ending it is an operator's decision.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from pipelines.lib.export.control import Watermark
from pipelines.lib.export.modes import reason_of_another_source
from pipelines.lib.export.snapshot import Snapshot

# A running transaction shows its id to every role; since when it runs only to its own. Prepared ones have no process.
HOLDER = """
select format('pid %%s (%%s, %%s)', pid, usename, coalesce(nullif(application_name, ''), 'no application name'))
from pg_stat_activity where backend_xid::text::bigint = %(xmin)s %% 4294967296
union all
select format('prepared transaction %%s of %%s', quote_literal(gid), owner)
from pg_prepared_xacts where transaction::text::bigint = %(xmin)s %% 4294967296
"""


def describe_holder(connection: psycopg.Connection, snapshot: Snapshot, before: Iterable[Watermark]) -> str | None:
    """Which transaction kept the watermark from moving since the last export, or None when it moved.

    Example: `pid 4711 (cvstomize_app, psql) has been writing since before the export of 2026-12-01 10:15 UTC`.
    """
    same = [w for w in before if reason_of_another_source(snapshot, w) is None and w.xmin == snapshot.xmin]
    if not same or snapshot.xmax == snapshot.xmin:  # nothing is running: there was nothing to export
        return None
    oldest = min(watermark.cut_at for watermark in same)
    row = connection.execute(HOLDER, {"xmin": snapshot.xmin}).fetchone()
    if row is None:
        return None  # it ended in this moment
    return f"{row[0]} has been writing since before the export of {oldest:%Y-%m-%d %H:%M} UTC"
