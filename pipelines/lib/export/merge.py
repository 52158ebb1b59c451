"""The SQL that moves loaded rows into the raw tables, all tables in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.lib.export.contract import ROW_VERSION, TableContract
from pipelines.lib.export.view_schema import ViewSchema
from pipelines.lib.export.warehouse import RawWarehouse


def transaction(statements: Sequence[str]) -> str:
    """Wrap statements into one multi-statement transaction; an error in it rolls everything back."""
    return "begin transaction;\n" + ";\n".join(statements) + ";\ncommit transaction;"


def delete_statement(warehouse: RawWarehouse, contract: TableContract, cut: str) -> str:
    """Take out the keys that left."""
    raw, keys = warehouse.raw_table(contract.table), warehouse.deletions_table(contract.table, cut)
    return f"delete from `{raw}` where {contract.key} in (select row_key from `{keys}`)"  # noqa: S608


def merge_statement(warehouse: RawWarehouse, schema: ViewSchema, cut: str, since: int) -> str:
    """Bring a raw table up to date from the run's load table.

    A row is updated when its version differs, not when it is greater: the order of row locks is not the order of
    transaction ids, so the newest state may carry the smaller one. A raw row whose version is not below `since`, the
    last watermark, is written in any case: it may have come with a restored dump, whose numbers are given out again.
    """
    raw, load, key = warehouse.raw_table(schema.table), warehouse.load_table(schema.table, cut), schema.contract.key
    columns = [f"`{column.name}`" for column in schema.columns]
    assignments = ", ".join(f"{column} = s.{column}" for column in columns)
    values = ", ".join(f"s.{column}" for column in columns)
    return (
        f"merge into `{raw}` t using `{load}` s on t.{key} = s.{key}"  # noqa: S608
        f" when matched and (s.{ROW_VERSION} <> t.{ROW_VERSION} or t.{ROW_VERSION} >= {since})"
        f" then update set {assignments}"
        f" when not matched then insert ({', '.join(columns)}) values ({values})"
    )


def replace_statements(warehouse: RawWarehouse, schema: ViewSchema, cut: str) -> list[str]:
    """Replace a raw table's rows by those of the run's load table."""
    raw, load = warehouse.raw_table(schema.table), warehouse.load_table(schema.table, cut)
    columns = ", ".join(f"`{column.name}`" for column in schema.columns)
    return [
        f"delete from `{raw}` where true",  # noqa: S608
        f"insert into `{raw}` ({columns}) select {columns} from `{load}`",  # noqa: S608
    ]
