"""What left an exported table since the last export: the ledger, less the keys that are exportable again.

The ledger alone is not enough: a row that is deleted and inserted again under its key, or whose person takes the
consent back and gives it again, has an entry and is there all the same. So the ledger is held against the view in the
snapshot of the export.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import psycopg
import pyarrow as pa
import pyarrow.parquet
from psycopg import sql

from pipelines.lib.export.contract import TableContract
from pipelines.lib.export.extract import PARQUET_OPTIONS
from pipelines.lib.export.view_schema import SCHEMA

KEY_COLUMN = "row_key"


def deleted_keys(connection: psycopg.Connection, contract: TableContract, since: int) -> list[str]:
    """Keys with a ledger entry at or above the transaction `since` that the view does not show in this snapshot.

    When the view or its key is gone, nothing can be shown by it: every key of the ledger is then returned.
    """
    known = connection.execute(
        "select from pg_attribute where attrelid = to_regclass(%s) and attname = %s and not attisdropped",
        [f"{SCHEMA}.{contract.table}", contract.key],
    ).fetchone()
    shown = sql.SQL(" and not exists (select from {view} v where v.{key}::text = d.row_key)").format(
        view=sql.Identifier(SCHEMA, contract.table), key=sql.Identifier(contract.key)
    )
    query = sql.SQL(
        "select distinct d.row_key from cvstomize.deletions d"
        " where d.table_name = {table} and d.row_xid >= {since}::xid8{not_shown} order by 1"
    ).format(
        table=sql.Literal(contract.table),
        since=sql.Literal(str(since)),
        not_shown=shown if known is not None else sql.SQL(""),
    )
    return [key for (key,) in connection.execute(query)]


def write_keys(keys: Sequence[str], file: BinaryIO) -> None:
    """Write keys as a Parquet file of one column."""
    table = pa.table({KEY_COLUMN: pa.array(keys, type=pa.string())})
    pa.parquet.write_table(table, file, **PARQUET_OPTIONS)
    file.close()
