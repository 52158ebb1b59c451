"""The worked queries of docs/marts.md run as the analyst and find rows."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from tests.dbt.support.run import ROOT

QUERIES = re.findall(r"```sql\n(.+?)```", (ROOT / "docs" / "marts.md").read_text(), re.DOTALL)


def test_there_are_ten() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize("number", range(10))
def test_worked_query_runs_for_the_analyst(analyst: psycopg.Connection[Any], number: int) -> None:
    assert analyst.execute(QUERIES[number]).fetchall()
