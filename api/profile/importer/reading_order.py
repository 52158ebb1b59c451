"""Segments of a page to lines in the order a reader takes, columns told apart from tables.

A column is a strip of the page that no text crosses for some height, with text flowing on both sides. Dates or places
set to the right of a heading, labels before a list and dates before an entry look like columns but belong to their row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from api.profile.importer.draft import Source
from api.profile.importer.labelled import begins_label
from api.profile.importer.lexicon import is_date_text, is_location
from api.profile.importer.lines import Line, Segment, is_bullet_mark, is_right_to_left, take_bullet
from api.profile.importer.pdf_text import Page

MIN_GUTTER = 7.0
MIN_ROWS = 4
# A resume page has some two hundred segments; far more is a table of data, and the search for columns would not end.
MAX_SEGMENTS = 700
MAX_CANDIDATES = 14
# A row of a table of data has at least this many cells; their left edges may differ by some points.
MIN_CELLS = 5
CELL_SHIFT = 3.0
Row = list[Segment]
IsHeading = Callable[[str], bool]


@dataclass(slots=True)
class _Stream:
    """A column that may run on over several pages."""

    x0: float
    x1: float
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Block:
    x0: float
    x1: float
    is_column: bool
    lines: tuple[Line, ...]


def order_lines(pages: Sequence[Page], is_heading: IsHeading) -> list[Line]:
    """Return all lines of a document in reading order.

    Args:
        pages: pages as read from a PDF.
        is_heading: tells a known section heading.
    """
    ordered: list[Line] = []
    open_columns: list[_Stream] = []
    for page in _without_running_lines(pages):
        number = 0
        for position, block in enumerate(_blocks(page, is_heading)):
            lines = []
            for line in block.lines:
                number += 1
                lines.append(replace(line, source=Source(page=page.number, line=number)))
            target = _continued(block, open_columns, first=position == 0)
            if target is not None:
                target.lines.extend(lines)
            elif block.is_column:
                if open_columns and any(_overlap(block, stream) > 0.3 for stream in open_columns):
                    _flush(open_columns, ordered)
                open_columns.append(_Stream(block.x0, block.x1, lines))
            else:
                _flush(open_columns, ordered)
                ordered.extend(lines)
    _flush(open_columns, ordered)
    return ordered


def _without_running_lines(pages: Sequence[Page]) -> list[Page]:
    """Take out what stands at the top or bottom of several pages: page numbers, name and date of the document."""

    def key(segment: Segment) -> tuple[str, int]:
        return re.sub(r"\d+", "0", segment.text), round(segment.top / 3)

    counts: dict[tuple[str, int], int] = {}
    for page in pages:
        for mark in {key(segment) for segment in page.segments if _in_margin(segment, page)}:
            counts[mark] = counts.get(mark, 0) + 1
    repeated = {mark for mark, count in counts.items() if count >= 2 and count * 2 >= len(pages)}
    return [
        replace(
            page,
            segments=tuple(
                segment
                for segment in page.segments
                if not (_in_margin(segment, page) and (key(segment) in repeated or _is_page_number(segment.text)))
            ),
        )
        for page in pages
    ]


def _in_margin(segment: Segment, page: Page) -> bool:
    return segment.bottom > 0.93 * page.height or (page.number > 1 and segment.top < 0.05 * page.height)


def _is_page_number(text: str) -> bool:
    return (
        re.fullmatch(r"(?i)(?:page|seite|página|pagina)?\s*\d{1,2}(?:\s*(?:/|of|von|de|di|sur)\s*\d{1,2})?", text)
        is not None
    )


def _flush(columns: list[_Stream], ordered: list[Line]) -> None:
    for stream in sorted(columns, key=lambda stream: stream.x0):
        if stream.lines:
            ordered.append(replace(stream.lines[0], column_start=True))
            ordered.extend(stream.lines[1:])
    columns.clear()


def _overlap(block: _Block, stream: _Stream) -> float:
    shared = min(block.x1, stream.x1) - max(block.x0, stream.x0)
    return shared / max(1.0, min(block.x1 - block.x0, stream.x1 - stream.x0))


def _continued(block: _Block, columns: list[_Stream], *, first: bool) -> _Stream | None:
    """Return the column of the page before that this block runs on."""
    for stream in columns:
        fits = block.x0 >= stream.x0 - 4 and block.x1 <= stream.x1 + 4
        same_page = any(line.source.page == (block.lines[0].source.page or 0) for line in stream.lines[-1:])
        if not same_page and ((block.is_column and _overlap(block, stream) > 0.6) or (first and fits)):
            return stream
    return None


def _blocks(page: Page, is_heading: IsHeading) -> list[_Block]:
    blocks: list[_Block] = []
    rest = sorted(page.segments, key=_middle)
    for top, bottom in _table_bands(rows_of(page.segments)):
        above = [segment for segment in rest if _middle(segment) < top]
        table = [segment for segment in rest if top <= _middle(segment) <= bottom]
        rest = [segment for segment in rest if _middle(segment) > bottom]
        blocks += _cut(above, page.number, is_heading, depth=0)
        blocks.append(_block(table, page.number, is_column=False))
    return blocks + _cut(rest, page.number, is_heading, depth=0)


def _table_bands(rows: list[Row]) -> list[tuple[float, float]]:
    """Return the vertical ranges of tables of data: rows of many cells below each other, which are no page columns."""
    bands: list[tuple[float, float]] = []
    run: list[Row] = []
    for row in [*rows, []]:
        if row and len(row) >= MIN_CELLS and (not run or _aligned(row, run[-1]) >= MIN_CELLS - 1):
            run.append(row)
            continue
        if len(run) >= MIN_ROWS:
            bands.append((min(map(_middle, run[0])), max(map(_middle, run[-1]))))
        run = [row] if len(row) >= MIN_CELLS else []
    return bands


def _aligned(row: Row, other: Row) -> int:
    """Return how many cells of a row begin where a cell of the other row begins."""
    starts = [segment.x0 for segment in other]
    return sum(any(abs(segment.x0 - start) < CELL_SHIFT for start in starts) for segment in row)


def _cut(segments: list[Segment], page: int, is_heading: IsHeading, depth: int) -> list[_Block]:
    gutter = _best_gutter(segments, is_heading) if depth < 3 else None
    if gutter is None:
        return [_block(segments, page, is_column=depth > 0)] if segments else []
    x, bands = gutter
    blocks: list[_Block] = []
    rest = sorted(segments, key=lambda segment: segment.top)
    for top, bottom in bands:
        above = [segment for segment in rest if _middle(segment) < top]
        inside = [segment for segment in rest if top <= _middle(segment) <= bottom]
        rest = [segment for segment in rest if _middle(segment) > bottom]
        if above:
            blocks.append(_block(above, page, is_column=depth > 0))
        for side in ([s for s in inside if s.x1 <= x], [s for s in inside if s.x1 > x]):
            blocks.extend(replace(block, is_column=True) for block in _cut(side, page, is_heading, depth + 1))
    if rest:
        blocks.append(_block(rest, page, is_column=depth > 0))
    return blocks


def _middle(segment: Segment) -> float:
    return (segment.top + segment.bottom) / 2


def _best_gutter(segments: list[Segment], is_heading: IsHeading) -> tuple[float, list[tuple[float, float]]] | None:
    if not 2 * MIN_ROWS <= len(segments) <= MAX_SEGMENTS:
        return None
    left, right = min(segment.x0 for segment in segments), max(segment.x1 for segment in segments)
    best: tuple[float, float, list[tuple[float, float]]] | None = None
    for x in _candidates(segments, left, right):
        bands = [band for band in _bands(segments, x) if _is_columns(segments, x, band, is_heading)]
        score = sum(bottom - top for top, bottom in bands)
        if bands and (best is None or score > best[0] + 1):
            best = (score, x, bands)
    return (best[1], best[2]) if best else None


def _candidates(segments: list[Segment], left: float, right: float) -> list[float]:
    """Return x positions just left of where several segments begin: the left edges of possible right columns."""
    width = right - left
    starts: dict[int, int] = {}
    for segment in segments:
        starts[round(segment.x0)] = starts.get(round(segment.x0), 0) + 1
    found: list[tuple[int, float]] = []
    for start in sorted(starts):
        near = sum(count for x, count in starts.items() if abs(x - start) <= 1)
        if near >= 2 and left + 0.12 * width < start < left + 0.88 * width:
            found.append((near, start - 1.5))
    return sorted(x for _, x in sorted(found, reverse=True)[:MAX_CANDIDATES])


def _bands(segments: list[Segment], x: float) -> list[tuple[float, float]]:
    """Return the vertical ranges in which no segment comes within half a gutter of x from the left or crosses it."""
    blocked = sorted(
        (segment.top, segment.bottom)
        for segment in segments
        if segment.x0 < x < segment.x1 or 0 <= x - segment.x1 < MIN_GUTTER - 1.5
    )
    top, bottom = min(s.top for s in segments) - 1, max(s.bottom for s in segments) + 1
    bands, start = [], top
    for blocked_top, blocked_bottom in blocked:
        if blocked_top > start:
            bands.append((start, blocked_top))
        start = max(start, blocked_bottom)
    if bottom > start:
        bands.append((start, bottom))
    return bands


def _is_columns(segments: list[Segment], x: float, band: tuple[float, float], is_heading: IsHeading) -> bool:
    """Tell whether both sides of x are columns of their own, or one side only belongs to the rows of the other."""
    top, bottom = band
    inside = [segment for segment in segments if top <= _middle(segment) <= bottom]
    left = rows_of([segment for segment in inside if segment.x1 <= x])
    right = rows_of([segment for segment in inside if segment.x1 > x])
    if min(len(left), len(right)) < MIN_ROWS or bottom - top < 40:
        return False
    if sum(begins_label(_row_text(row)) for row in left) >= max(3, 0.25 * len(left)):
        return False  # a form: labels before their values
    left_headings = sum(is_heading(_row_text(row)) for row in left)
    right_headings = sum(is_heading(_row_text(row)) for row in right)
    paired_left, paired_right = _paired(left, right), _paired(right, left)
    if _share(left, _belongs_to_row) > 0.55 or _share(right, _belongs_to_row) > 0.55:
        return False
    if _rows_are_labelled(left, right) or _rows_are_labelled(right, left):
        return False  # dates beside their entries
    if left_headings >= 0.5 * len(left):
        return False  # headings in the margin
    if left_headings and right_headings:
        return True
    if paired_left > 0.85 and median(len(_row_text(row)) for row in left) <= 28 and not left_headings:
        return False  # labels before their values
    if paired_right > 0.85 and _is_ragged_left(right):
        return False  # set to the right margin
    if all(is_bullet_mark(_row_text(row)) for row in left):
        return False
    return bool(left_headings or right_headings) or (paired_left < 0.7 and paired_right < 0.7)


def rows_of(segments: Iterable[Segment]) -> list[Row]:
    """Group segments that stand on one line."""
    rows: list[Row] = []
    for segment in sorted(segments, key=lambda segment: (_middle(segment), segment.x0)):
        height = min(segment.bottom - segment.top, 14.0)
        if rows and abs(_middle(segment) - _middle(rows[-1][0])) < 0.35 * height:
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [sorted(row, key=lambda segment: segment.x0) for row in rows]


def _row_text(row: Row) -> str:
    return " ".join(segment.text for segment in row)


def _belongs_to_row(row: Row) -> bool:
    text = _row_text(row)
    return is_date_text(text) or is_location(text) or is_bullet_mark(text)


def _share(rows: list[Row], test: Callable[[Row], bool]) -> float:
    return sum(test(row) for row in rows) / len(rows)


def _paired(rows: list[Row], others: list[Row]) -> float:
    middles = sorted(_middle(row[0]) for row in others)
    hits = sum(any(abs(_middle(row[0]) - middle) < 2.0 for middle in middles) for row in rows)
    return hits / len(rows)


def _rows_are_labelled(rows: list[Row], others: list[Row]) -> bool:
    """Tell whether the rows that have a neighbour on the other side are dates or places."""
    middles = [_middle(row[0]) for row in others]
    paired = [row for row in rows if any(abs(_middle(row[0]) - middle) < 2.0 for middle in middles)]
    return len(paired) >= 2 and _share(paired, _belongs_to_row) > 0.55


def _is_ragged_left(rows: list[Row]) -> bool:
    starts = sorted(row[0].x0 for row in rows)
    ends = sorted(row[-1].x1 for row in rows)
    return ends[-1] - ends[len(ends) // 4] < 4 and starts[-1] - starts[0] > 12


def _block(segments: list[Segment], page: int, *, is_column: bool) -> _Block:
    rows = rows_of(segments)
    x0, x1 = min(s.x0 for s in segments), max(s.x1 for s in segments)
    lines: list[Line] = []
    before: Row | None = None
    for row in rows:
        gap = None
        if before is not None:
            height = max(row[0].size, 4.0)
            gap = (min(s.top for s in row) - max(s.bottom for s in before)) / height
        merged = tuple(_merge_marks(list(reversed(row)) if is_right_to_left(_row_text(row)) else row))
        lines.append(take_bullet(Line(merged, Source(page=page), gap, column_width=x1 - x0, column_x1=x1)))
        before = row
    return _Block(x0, x1, is_column, tuple(lines))


def _merge_marks(row: Row) -> Row:
    """Join a separator drawn by itself ("|", "·") to the segment before it, so that it does not count as a word."""
    merged: Row = []
    for segment in row:
        if merged and re.fullmatch(r"[|·•,;/–—-]", segment.text) and len(row) > 2:
            last = merged[-1]
            merged[-1] = replace(
                last, text=f"{last.text} {segment.text}", x1=segment.x1, links=last.links + segment.links
            )
        else:
            merged.append(segment)
    return merged
