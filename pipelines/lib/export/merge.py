"""The SQL that moves loaded rows into the raw tables, all tables in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.lib.export.view_schema import ViewSchema
from pipelines.lib.export.warehouse import RawWarehouse


def transaction(statements: Sequence[str]) -> str:
    """Wrap statements into one multi-statement transaction; an error in it rolls everything back."""
    return "begin transaction;\n" + ";\n".join(statements) + ";\ncommit transaction;"


def replace_statements(warehouse: RawWarehouse, schema: ViewSchema, cut: str) -> list[str]:
    """Replace a raw table's rows by those of the run's load table."""
    raw, load = warehouse.raw_table(schema.table), warehouse.load_table(schema.table, cut)
    columns = ", ".join(f"`{column.name}`" for column in schema.columns)
    return [
        f"delete from `{raw}` where true",  # noqa: S608
        f"insert into `{raw}` ({columns}) select {columns} from `{load}`",  # noqa: S608
    ]
