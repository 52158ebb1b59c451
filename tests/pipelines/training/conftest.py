"""The house of the training assets, filled with people who all got an interview."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.vertex import VertexStandIn
from tests.pipelines.training.house import PEOPLE, open_house
from tests.pipelines.training.synthetic import records
from tests.support.databases import Database
from tests.support.shared_stack import SharedStack


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(records(PEOPLE))


@pytest.fixture
def house(
    database: Database,
    storage_stack: SharedStack,
    rows: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[VertexStandIn]:
    with open_house(database, storage_stack, rows, tmp_path, monkeypatch) as vertex:
        yield vertex
