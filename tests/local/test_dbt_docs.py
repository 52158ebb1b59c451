"""`make dbt-docs`: dbt must find the folder that we look into."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.dbt_docs import work_folder


@pytest.mark.parametrize("chosen", [None, "", "somewhere", "/tmp/elsewhere"])
def test_dbt_writes_where_the_page_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chosen: str | None
) -> None:
    """A relative folder would be one in dbt/ for dbt and one in the current folder for us."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCAL_DATA_DIR", raising=False)
    if chosen is not None:
        monkeypatch.setenv("LOCAL_DATA_DIR", chosen)
    assert work_folder() == tmp_path / (chosen or ".local") / "dbt-docs"
