"""The page: every chart with its note, in one file that opens without a network."""

from __future__ import annotations

import html
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from pipelines.lib.report.figures import CHARTS, Row

CONNECT_SECONDS = 5
STATEMENT_MILLISECONDS = 30_000
LARGEST = 5_000  # rows a chart may read
STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;font-weight:400}.note{color:#555;margin:0 0 2rem}.empty{color:#a33}"
)


class ReportError(Exception):
    """The marts cannot be read. The message says what to do."""


def read_charts(url: str) -> list[list[Row]]:
    """The rows of every chart. Raises ReportError."""
    try:
        with psycopg.connect(
            url,
            row_factory=dict_row,
            connect_timeout=CONNECT_SECONDS,
            options=f"-c statement_timeout={STATEMENT_MILLISECONDS} -c timezone=UTC",
        ) as connection:
            connection.read_only = True
            return [connection.execute(chart.query.encode()).fetchmany(LARGEST) for chart in CHARTS]
    except psycopg.errors.UndefinedTable:
        raise ReportError("The marts are not built yet: run make demo, or the job nightly.") from None
    except psycopg.OperationalError as error:
        raise ReportError(f"The marts cannot be read: {str(error).strip().splitlines()[-1]}") from None


def read_moments(url: str) -> str:
    """For when the marts are published and when their sources were read, in words."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        row = connection.execute("select max(as_of), max(source_cut) from marts.time_to_interview").fetchone()
    if row is None or row[0] is None:
        return "not known"
    return f"as of {row[0]:%Y-%m-%d}, sources read {row[1]:%Y-%m-%d %H:%M} UTC"


def render_page(tables: list[list[Row]], moments: str) -> str:
    """The page as HTML. The drawing code is in it once, so it is about 4.5 MB."""
    parts: list[str] = []
    library = True  # the drawing code comes with the first drawing
    for number, (chart, rows) in enumerate(zip(CHARTS, tables, strict=True)):
        figure = chart.draw(chart.title, rows)
        if any(trace.x for trace in figure.data):
            drawing = figure.to_html(
                full_html=False, include_plotlyjs=library, div_id=f"chart-{number}", config={"displaylogo": False}
            )
            library = False
        else:
            empty = "Nothing to show yet." + (f" All {len(rows)} rows are withheld: too few people." if rows else "")
            drawing = f'<h2>{html.escape(chart.title)}</h2><p class="empty">{empty}</p>'
        parts.append(f'<section>{drawing}<p class="note">{html.escape(chart.note)}</p></section>')
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>CVstomize: outcomes</title>'
        f"<style>{STYLE}</style><h1>What became of the applications</h1>"
        f"<p>{html.escape(moments)}. Aggregates of at least ten people; definitions in docs/marts.md.</p>"
        + "".join(parts)
        + "</html>"
    )


def write_report(url: str, path: Path) -> Path:
    """Read the marts as the role of `url` and write the page. Raises ReportError."""
    tables = read_charts(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_page(tables, read_moments(url)), encoding="utf-8")
    return path
