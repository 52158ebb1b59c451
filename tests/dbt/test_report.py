"""The HTML report: read as the analyst, complete in one file, and drawn by a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from local.stack.addresses import libpq_address
from pipelines.lib.report.figures import CHARTS, curves, forest
from pipelines.lib.report.page import ReportError, render_page, write_report
from tests.dbt.conftest import PostgresBuild
from tests.support.databases import Database


def point(group: str, day: int, status: str = "published") -> dict[str, object]:
    """A row of a curve."""
    figures = {"incidence": Decimal("0.25"), "lower_95": Decimal("0.1"), "upper_95": Decimal("0.45"), "people": 40}
    return {"group_value": group, "horizon_days": day, "status": status} | (
        figures if status == "published" else dict.fromkeys(figures)
    )


def test_withheld_rows_are_counted_and_not_drawn() -> None:
    rows = [point("neutral", 14), point("neutral", 30), point("steady", 14, "withheld")]
    figure = curves("Title", rows)
    assert [trace.name for trace in figure.data] == ["neutral (40)"]
    assert "1 of 3 rows withheld" in figure.layout.title.text
    assert list(figure.data[0].error_y.arrayminus) == pytest.approx([0.15, 0.15])


def test_a_forest_has_one_line_for_each_published_row() -> None:
    rows = [{"label": name, "status": status, **point("x", 14, status)} for name, status in
            (("low", "published"), ("middle", "withheld"), ("high", "published"))]  # fmt: skip
    figure = forest("incidence", 0.0, "axis")("Title", rows)
    assert list(figure.data[0].y) == ["low (40)", "high (40)"]


def test_marts_without_rows_give_a_page_that_says_so() -> None:
    page = render_page([[] for _ in CHARTS], "not known")
    assert page.count("Nothing to show yet.") == len(CHARTS)
    assert "withheld" not in page


def test_a_chart_of_withheld_rows_is_words_and_the_next_one_still_draws() -> None:
    """The drawing code comes with the first drawing, which need not be the first chart."""
    withheld = [point("neutral", 14, "withheld"), point("neutral", 30, "withheld")]
    page = render_page([withheld, [point("neutral", 14)], *([] for _ in CHARTS[2:])], "not known")
    assert "All 2 rows are withheld" in page
    assert page.count("Plotly.newPlot(") >= 1
    assert "* plotly.js v" in page


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_page_is_read_as_the_analyst_and_needs_no_network(postgres_build: PostgresBuild, tmp_path: Path) -> None:
    path = write_report(libpq_address(postgres_build.database.analyst_url), tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    for chart in CHARTS:
        assert chart.note.split(";")[0] in page
    assert "Nothing to show yet." not in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here to draw the page")
    drawn = subprocess.run(
        [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *("--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000"),
            *("--dump-dom", path.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    ).stdout
    assert drawn.count('class="main-svg"') >= len(CHARTS)


def test_marts_that_are_not_built_are_named(migrated: Database, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="not built yet"):
        write_report(libpq_address(migrated.analyst_url), tmp_path / "report.html")
