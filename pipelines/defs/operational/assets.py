"""External assets: the app's own tables, which nobody here writes, and the `export` views over them."""

from __future__ import annotations

import inspect

import dagster as dg

from api.db.base import Base
from api.db.tables import User
from pipelines.lib.export.contract import TableContract, load_contracts

OWNER = "team:api"


def table_key(table: str) -> dg.AssetKey:
    """The asset of one of the app's tables."""
    return dg.AssetKey(["operational", table])


def view_key(view: str) -> dg.AssetKey:
    """The asset of an export view."""
    return dg.AssetKey(["export", view])


def table_spec(model: type[Base]) -> dg.AssetSpec:
    """One of the app's tables; its class says what it is."""
    table = model.metadata.tables[f"{model.metadata.schema}.{model.__tablename__}"]
    columns = [
        dg.TableColumn(
            column.name, str(column.type), constraints=dg.TableColumnConstraints(nullable=bool(column.nullable))
        )
        for column in table.columns
    ]
    return dg.AssetSpec(
        table_key(model.__tablename__),
        description=inspect.getdoc(model),
        group_name="operational",
        owners=[OWNER],
        kinds={"postgres", "table"},
        metadata={
            "dagster/table_name": table.fullname,
            "dagster/column_schema": dg.TableSchema(columns=columns),
        },
    )


def view_spec(contract: TableContract) -> dg.AssetSpec:
    """An export view, with the columns its contract promises."""
    return dg.AssetSpec(
        view_key(contract.table),
        deps=[table_key(table) for table in contract.reads],
        description=contract.description,
        group_name="operational",
        owners=[OWNER],
        kinds={"postgres", "view"},
        metadata={
            "dagster/table_name": f"export.{contract.table}",
            "dagster/column_schema": contract_columns(contract),
        },
    )


def contract_columns(contract: TableContract) -> dg.TableSchema:
    """A contract's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type,
                column.description,
                dg.TableColumnConstraints(nullable=not column.required, unique=column.name == contract.key),
            )
            for column in contract.columns
        ]
    )


@dg.definitions
def defs() -> dg.Definitions:
    """All tables of the app and all export views."""
    models = sorted((mapper.class_ for mapper in User.registry.mappers), key=lambda model: model.__tablename__)
    tables = [table_spec(model) for model in models]
    views = [view_spec(contract) for contract in load_contracts().values()]
    return dg.Definitions(assets=[*tables, *views])
