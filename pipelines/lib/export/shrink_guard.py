"""Refuses to replace a filled raw table by one that is empty or less than half as large.

A wrong database, a half restored one or a broken view look exactly like that. People who left are the other reason,
and those are in the deletion ledger: when it accounts for every missing key, the small table is right.
"""

from __future__ import annotations

import itertools

from pipelines.lib.export.database import connect
from pipelines.lib.export.errors import ShrunkTableError
from pipelines.lib.export.view_schema import ViewSchema
from pipelines.lib.export.warehouse import RawWarehouse
from pipelines.settings import PipelineSettings

PAGE = 10_000


def refuse_shrinking(
    settings: PipelineSettings, warehouse: RawWarehouse, schema: ViewSchema, cut: str, since: int
) -> None:
    """Raise ShrunkTableError when the loaded table is suspiciously small and the ledger does not explain it.

    `since` is the transaction from which on an entry counts: an old entry of a key that came back explains nothing.
    """
    raw, load, key = warehouse.raw_table(schema.table), warehouse.load_table(schema.table, cut), schema.contract.key
    [counts] = warehouse.jobs.rows(
        f"select (select count(*) from `{raw}`) as old_rows, (select count(*) from `{load}`) as new_rows"  # noqa: S608
    )
    old, new = counts["old_rows"], counts["new_rows"]
    if old == 0 or new * 2 >= old:
        return
    missing = [
        row["missing_key"]
        for row in warehouse.jobs.rows(
            f"select r.{key} as missing_key from `{raw}` r left join `{load}` l on l.{key} = r.{key}"  # noqa: S608
            f" where l.{key} is null order by r.{key}"
        )
    ]
    unexplained = len(missing) - ledger_count(settings, schema.table, missing, since)
    if unexplained:
        raise ShrunkTableError(
            f"{schema.table}: {new} rows would replace {old}, and the deletion ledger does not know {unexplained} of"
            f" the missing keys; nothing was replaced. If that is meant, run cvstomize export --allow-shrink"
        )


def ledger_count(settings: PipelineSettings, table: str, keys: list[str], since: int) -> int:
    """How many of these keys the deletion ledger has at or above the transaction `since`."""
    found = 0
    with connect(settings.database_url, autocommit=True) as connection:
        remaining = iter(keys)
        while page := list(itertools.islice(remaining, PAGE)):
            row = connection.execute(
                "select count(distinct row_key) from cvstomize.deletions"
                " where table_name = %s and row_key = any(%s) and row_xid >= %s::text::xid8",
                [table, page, str(since)],
            ).fetchone()
            assert row is not None
            found += row[0]
    return found
