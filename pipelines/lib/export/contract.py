"""One declarative contract per exported table: what the view offers, what BigQuery keeps, and what it all means.

The YAML files in `contracts/` are read by the export (columns and types), by BigQuery (schema, descriptions,
partitions, clusters) and by the asset graph (which app tables a view reads). A test compares them with the views.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.lib.export.column_types import ColumnType, parse_column_type
from pipelines.lib.export.errors import ContractError

CONTRACTS_DIR = Path(__file__).parent / "contracts"
ROW_VERSION = "row_xid"


class Column(BaseModel):
    """One column of a view: its portable type and what it means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: str
    required: bool = False
    description: str = Field(min_length=8)

    @property
    def column_type(self) -> ColumnType:
        """The parsed type. Raises ContractError when it is not one of the portable types."""
        return parse_column_type(self.type)


class Partition(BaseModel):
    """Time partitioning of the raw table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    unit: Literal["DAY", "MONTH", "YEAR"]


class TableContract(BaseModel):
    """One exported table. `reads` names the app's tables behind the view."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str = Field(min_length=20)
    key: str
    reads: tuple[str, ...] = Field(min_length=1)
    partition: Partition | None = None
    cluster: tuple[str, ...] = ()
    columns: tuple[Column, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _names_agree(self) -> TableContract:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("a column is listed twice")
        for name in (self.key, *self.cluster, *((self.partition.column,) if self.partition else ())):
            if name not in names:
                raise ValueError(f"{name} is not one of the columns")
        if not self.column(self.key).required:
            raise ValueError("the key must be required")
        for column in self.columns:
            parse_column_type(column.type)
        return self

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def read_contract(path: Path) -> TableContract:
    """Read one contract file. Raises ContractError that names the file and what is wrong."""
    try:
        contract = TableContract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, ContractError) as error:
        raise ContractError(f"{path.name}: {error}") from error
    if contract.table != path.stem:
        raise ContractError(f"{path.name}: holds the contract of {contract.table}")
    return contract


@functools.cache
def load_contracts() -> dict[str, TableContract]:
    """All contracts by table name, in alphabetical order."""
    return {path.stem: read_contract(path) for path in sorted(CONTRACTS_DIR.glob("*.yaml"))}


def select_contracts(tables: tuple[str, ...] | list[str] | None) -> list[TableContract]:
    """The contracts of the named tables, or all. Raises ContractError naming unknown ones and the known ones."""
    known = load_contracts()
    if tables is None:
        return list(known.values())
    unknown = sorted(set(tables) - set(known))
    if unknown:
        raise ContractError(f"not exported: {', '.join(unknown)}; the exported tables are {', '.join(known)}")
    return [known[table] for table in known if table in set(tables)]
