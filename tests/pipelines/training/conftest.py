"""The house of the training assets, filled with people who all got an interview."""

from typing import Any

import pytest

from tests.pipelines.training.house import PEOPLE
from tests.pipelines.training.synthetic import records
from tests.support.vertex_stand_in import vertex

__all__ = ["rows", "vertex"]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(records(PEOPLE))
