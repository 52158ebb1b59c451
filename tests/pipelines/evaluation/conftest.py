"""A house with enough test people for a verdict: more rows of them, none of which anybody trains on."""

from typing import Any

import pytest

from local.vertex import VertexStandIn
from pipelines.lib.export.storage import storage_client
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.splits import split_of
from pipelines.settings import load_settings
from tests.pipelines.training.house import PEOPLE
from tests.pipelines.training.synthetic import AS_OF, record, records

TEST_PEOPLE, ROWS_OF_EACH = 25, 9
"""Enough for a verdict; most tests need fewer."""
FEW_PEOPLE, FEW_ROWS = 4, 2


def rows_with_test_people(people: int, rows_of_each: int) -> list[dict[str, Any]]:
    """PEOPLE who got an interview, of whom only `people` are test people, and those with `rows_of_each` rows."""
    config = DatasetConfig(as_of=AS_OF, source_cut="any")
    held_out = [number for number in range(600) if split_of(f"person-{number}", config) == "test"]
    learnt = [row for row in records(PEOPLE) if int(row["person_key"].removeprefix("person-")) not in held_out]
    chosen = held_out[:people]
    asked = [record(person, number=number) for person in chosen for number in range(rows_of_each)]
    return [*learnt, *asked]


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    people, rows_of_each = getattr(request, "param", (FEW_PEOPLE, FEW_ROWS))
    return rows_with_test_people(people, rows_of_each)


@pytest.fixture
def house(house: VertexStandIn) -> VertexStandIn:
    forget_answers()
    return house


def forget_answers() -> None:
    """What an earlier test paid for: a new stand-in gives its endpoints the same names again."""
    settings = load_settings()
    for blob in storage_client(settings).list_blobs(settings.gcs_datasets_bucket, timeout=10):
        if "/evaluation/" in blob.name:
            blob.delete(timeout=10)
