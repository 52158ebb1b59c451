"""The drawing of an evaluation says what the document says."""

from typing import Any

import pytest

from pipelines.lib.evaluation.chart import bar, chart, interval

SIDE = {"valid": 1.0, "faithful": 0.95, "coverage": None, "tooLong": 0.0, "words": 401.2}
DOCUMENT: dict[str, Any] = {
    "verdict": "refused", "reasons": ["too few"], "synthetic": True, "prompts": 200, "people": 40, "opponent": "base",
    "wins": 120, "ties": 50, "losses": 30, "winRate": 0.725, "winRateLower": 0.64, "winRateUpper": 0.79,
    "candidate": SIDE, "current": SIDE | {"coverage": 0.5},
}  # fmt: skip


def test_the_chart_names_verdict_reasons_and_the_stand_in() -> None:
    page = chart(DOCUMENT)
    for words in ("refused", "too few", "No real model", "0.725 (0.640 to 0.790)", "| wins | `██████████████████░"):
        assert words in page
    assert "–" in page
    assert {line.count("|") for line in page.split("\n") if line.startswith("| win")} == {4}
    assert "No real model" not in chart(DOCUMENT | {"synthetic": False})


@pytest.mark.parametrize(("share", "full"), [(0.0, 0), (None, 0), (0.5, 15), (1.0, 30), (1.7, 30)])
def test_a_bar_has_its_share(share: float | None, full: int) -> None:
    assert (bar(share).count("█"), len(bar(share))) == (full, 30)


def test_an_interval_marks_its_middle_and_one_half() -> None:
    assert interval(0.6, 0.7, 0.8) == "░" * 14 + "╎" + "░" * 2 + "█" * 3 + "┃" + "█" * 3 + "░" * 6
