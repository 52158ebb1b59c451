"""Rows of the marts as Plotly figures. Pure: rows in, figure out. Withheld rows are counted, never drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

Row = dict[str, Any]
COLOURS = ("#3b4cc0", "#c0563b", "#2e8b57", "#8b5a9f", "#b8860b", "#4d4d4d")
LAYOUT = {
    "template": "plotly_white",
    "font": {"family": "system-ui, sans-serif", "size": 13},
    "margin": {"l": 190, "r": 30, "t": 60, "b": 50},
    "legend": {"orientation": "h", "y": -0.18},
}


@dataclass(frozen=True, slots=True)
class Chart:
    """One query and how its rows are drawn. `note` says what the figure does and does not mean."""

    title: str
    query: str
    note: str
    draw: Callable[[str, Sequence[Row]], go.Figure]


def published(rows: Sequence[Row], status: str = "status") -> list[Row]:
    """The rows that hold figures."""
    return [row for row in rows if row[status] == "published"]


def titled(title: str, rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """The title, with how many rows are withheld and what the numbers in brackets are."""
    hidden = len(rows) - len(shown)
    withheld = f"{hidden} of {len(rows)} rows withheld: too few people, or too few answers"
    return f"{title}<br><sup>in brackets: people, to the 5 below; {withheld}</sup>"


def named(name: str, row: Row) -> str:
    """A name with how many people are behind it: an interval without them is half an answer."""
    return f"{name} ({row['people']:,})"


def reach(row: Row, middle: str) -> tuple[float, float]:
    """How far the interval goes below and above a figure."""
    value = float(row[middle])
    return value - float(row["lower_95"]), float(row["upper_95"]) - value


def curves(title: str, rows: Sequence[Row]) -> go.Figure:
    """The incidence at each horizon with its interval, one line for each group."""
    shown = published(rows)
    figure = go.Figure()
    groups = sorted({row["group_value"] for row in shown})
    for number, group in enumerate(groups):
        points = sorted((row for row in shown if row["group_value"] == group), key=lambda row: row["horizon_days"])
        offset = (number - (len(groups) - 1) / 2) * 0.9  # days apart, so that intervals do not hide each other
        gaps = [reach(row, "incidence") for row in points]
        figure.add_scatter(
            x=[row["horizon_days"] + offset for row in points],
            y=[float(row["incidence"]) for row in points],
            error_y={"symmetric": False, "array": [gap[1] for gap in gaps], "arrayminus": [gap[0] for gap in gaps]},
            name=named(group, points[-1]),
            line={"color": COLOURS[number % len(COLOURS)]},
            customdata=[[row["people"], row["horizon_days"]] for row in points],
            hovertemplate="day %{customdata[1]}: %{y:.0%}, %{customdata[0]} people<extra>" + group + "</extra>",
        )
    figure.update_xaxes(title="days after applying", tickvals=[14, 30, 60, 90], range=[0, 96])
    figure.update_yaxes(title="share with an interview", rangemode="tozero", tickformat=".0%")
    return figure.update_layout(title=titled(title, rows, shown), height=440, **LAYOUT)


def forest(
    middle: str, reference: float, axis: str, status: str = "status", ticks: str = ".0%"
) -> Callable[..., go.Figure]:
    """A drawing of one figure a line with its interval, around the value of no difference."""

    def draw(title: str, rows: Sequence[Row]) -> go.Figure:
        shown = published(rows, status)
        labels = [named(row["label"], row) for row in shown]
        gaps = [reach(row, middle) for row in shown]
        figure = go.Figure()
        figure.add_scatter(
            x=[float(row[middle]) for row in shown],
            y=labels,
            mode="markers",
            marker={"size": 9, "color": COLOURS[0]},
            error_x={"symmetric": False, "array": [gap[1] for gap in gaps], "arrayminus": [gap[0] for gap in gaps]},
            hovertemplate="%{y}: %{x:" + ticks + "}<extra></extra>",
        )
        figure.add_vline(x=reference, line={"dash": "dot", "color": "#999"})
        figure.update_yaxes(autorange="reversed")
        figure.update_xaxes(title=axis, tickformat=ticks)
        height = 170 + 28 * max(3, len(labels))
        return figure.update_layout(title=titled(title, rows, shown), height=height, **LAYOUT)

    return draw


CHARTS = (
    Chart(
        "How soon interviews come, and how soon if the silent had none",
        """
        select 'people who answer' as group_value, horizon_days, status, people, incidence, lower_95, upper_95
        from marts.time_to_interview where group_by = 'overall'
        union all
        select 'silence counted as none', horizon_days, status, people_with_silent, incidence_lower_bound,
            lower_95_lower_bound, upper_95_lower_bound
        from marts.time_to_interview where group_by = 'overall'
        """,
        "Cumulative incidence; rejection and withdrawal compete. The truth lies between the two when the silent are"
        " those with less to tell.",
        curves,
    ),
    Chart(
        "How soon interviews come, by framing drawn",
        "select * from marts.time_to_interview where group_by = 'framing'",
        "Intervals are 95 %, clustered by person. For comparisons use the next figure.",
        curves,
    ),
    Chart(
        "Interview by day 60: difference to the neutral framing",
        """
        select framing as label, comparison_status, people, difference, difference_lower_95 as lower_95,
            difference_upper_95 as upper_95
        from marts.framing_outcomes
        where outcome = 'interview' and population = 'answered' and framing <> 'neutral' order by 1
        """,
        "Intention to treat, weighted by the logged probability of the draw. An interval across 0 shows no difference.",
        forest("difference", 0.0, "difference in share with an interview", "comparison_status", "+.0%"),
    ),
    Chart(
        "Offer by day 90: difference to the neutral framing",
        """
        select framing as label, comparison_status, people, difference, difference_lower_95 as lower_95,
            difference_upper_95 as upper_95
        from marts.framing_outcomes
        where outcome = 'offer' and population = 'answered' and framing <> 'neutral' order by 1
        """,
        "As above, for offers.",
        forest("difference", 0.0, "difference in share with an offer", "comparison_status", "+.0%"),
    ),
    Chart(
        "Pay associated with trait bands, relative to comparable offers",
        """
        select trait || ', ' || band as label, status, people, pay_ratio, lower_95, upper_95
        from marts.salary_by_trait where job_family = 'all' and band <> 'unknown'
        order by trait, case band when 'low' then 1 when 'middle' then 2 else 3 end
        """,
        "Nothing was drawn here: a band is associated with pay, no more. Steps of 5 %, coarser in small cells.",
        forest("pay_ratio", 1.0, "pay, as a multiple of the median of comparable offers", ticks=".2f"),
    ),
    Chart(
        "Where applications stop, as reported",
        """
        select stage as label, status, people, share, lower_95, upper_95
        from marts.funnel where group_by = 'overall' order by stage_number
        """,
        "Shares of all applications; nothing is done about silence here.",
        forest("share", 0.0, "share of applications"),
    ),
    Chart(
        "Who answers when asked",
        """
        select case group_by when 'overall' then 'overall' else group_by || ': ' || group_value end as label,
            status, people_asked as people, response_rate, lower_95, upper_95
        from marts.reporting_bias where group_by in ('overall', 'framing', 'template') order by group_by <> 'overall', 1
        """,
        "A group in which fewer than 30 % answer should not be compared with others.",
        forest("response_rate", 0.3, "share of asked people who answered"),
    ),
)
