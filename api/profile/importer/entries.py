"""Entries of a section (jobs, voluntary work, projects): a heading with dates, then text and list items.

Dates anchor the entries. The lines above and below a date that belong to its heading are found by counting what the
first entry shows, by gaps and by looks, because a resume keeps one layout within a section.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from api.profile.importer.headings import HeadingLine, has_two_parts, read_heading
from api.profile.importer.lexicon import employer_score, title_score
from api.profile.importer.lines import Line
from api.profile.importer.paragraphs import Paragraph, Role, line_roles, paragraphs
from api.profile.rules.date_patterns import current_words
from api.profile.rules.dates import DateRange, parse_date

MAX_HEADING_LINES = 3


@dataclass(slots=True)
class Entry:
    """One entry: the parts of its heading in order, its dates and place, and what stands under it."""

    parts: list[tuple[str, Line]] = field(default_factory=list)
    dates: DateRange | None = None
    dates_line: Line | None = None
    location: tuple[str, Line] | None = None
    body: list[Paragraph] = field(default_factory=list)
    heading: list[Line] = field(default_factory=list)

    def bullets(self) -> list[Paragraph]:
        """The list items, and text that stands after them."""
        items: list[Paragraph] = []
        for paragraph in self.body:
            if paragraph.bullet or items:
                items.append(paragraph)
        return items

    def summary(self) -> list[Paragraph]:
        """The text before the first list item."""
        return self.body[: len(self.body) - len(self.bullets())]


def split_entries(lines: Sequence[Line]) -> list[Entry]:
    """Return the entries of a section in order."""
    lines = _join_broken_ranges(lines)
    roles = line_roles(lines)
    headings = [read_heading(line) for line in lines]
    anchors = _anchors(roles, headings)
    starts = _undated_starts(lines, roles) if not anchors else _spans(lines, roles, headings, anchors)
    spans = _with_undated(lines, roles, starts) if anchors else starts
    entries = []
    for position, (start, end) in enumerate(spans):
        body_end = spans[position + 1][0] if position + 1 < len(spans) else len(lines)
        entries.append(_entry(lines, headings, start, end, body_end))
    if spans and spans[0][0] > 0:
        entries[0].body[:0] = paragraphs(lines[: spans[0][0]])
    if not spans and lines:
        entries.append(Entry(body=paragraphs(lines)))
    return entries


def _join_broken_ranges(lines: Sequence[Line]) -> list[Line]:
    """Join "Acme | 2019 –" with the "Present" that a narrow column pushed to the next line."""
    joined: list[Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        ends_open = before is not None and re.search(r"(?:19|20)\d{2}\s*[-–—](?:\s*[^\W\d_]{3,9}\.?)?$", before.plain)
        if before is not None and ends_open and (line.plain.casefold() in current_words() or parse_date(line.plain)):
            last = before.segments[-1]
            joined[-1] = replace(
                before, segments=(*before.segments[:-1], replace(last, text=f"{last.text} {line.plain}"))
            )
        else:
            joined.append(line)
    return joined


def first_entry(lines: Sequence[Line]) -> int | None:
    """Return where the first dated entry begins in lines without a section heading, or None when there is none."""
    roles = line_roles(lines)
    headings = [read_heading(line) for line in lines]
    anchors = [index for index in _anchors(roles, headings) if not headings[index].single]
    spans = _spans(lines, roles, headings, anchors)
    return spans[0][0] if spans and "bullet" in roles[spans[0][1] :] else None


def _anchors(roles: list[Role], headings: list[HeadingLine]) -> list[int]:
    for wanted in (("text",), ("text", "bullet")):
        ranges = [
            index
            for index, heading in enumerate(headings)
            if roles[index] in wanted and heading.dates is not None and heading.is_heading and not heading.single
        ]
        singles = [
            index
            for index, heading in enumerate(headings)
            if roles[index] in wanted and heading.dates is not None and heading.is_heading and heading.stands_apart
        ]
        if ranges or singles:
            return sorted({*ranges, *singles})
    return []


def _spans(
    lines: Sequence[Line], roles: list[Role], headings: list[HeadingLine], anchors: list[int]
) -> list[tuple[int, int]]:
    """Return for each dated entry where its heading starts and ends."""
    usual_gap = median([line.gap for line in lines if line.gap is not None] or [0.0])
    spans: list[tuple[int, int]] = []
    first_up = None
    for position, anchor in enumerate(anchors):
        floor = spans[-1][1] if spans else 0
        run = 0
        while anchor - run - 1 >= floor and roles[anchor - run - 1] == "text" and run < 6:
            run += 1
        up = _lines_above(lines, headings, anchor, run, first_up, usual_gap)
        if first_up is None:
            first_up = up
        limit = anchors[position + 1] if position + 1 < len(anchors) else len(lines)
        end = _heading_end(lines, roles, headings, anchor - up, anchor, limit)
        spans.append((anchor - up, end))
    return spans


def _lines_above(
    lines: Sequence[Line],
    headings: list[HeadingLine],
    anchor: int,
    run: int,
    first_up: int | None,
    usual_gap: float,
) -> int:
    """Return how many lines above a date belong to its heading."""
    run = min(run, MAX_HEADING_LINES)
    wide = usual_gap + 0.35
    while run and not headings[anchor - run].is_heading:
        run -= 1
    # The heading begins below the widest gap, when one is clearly wider than the others.
    gaps = [
        (9.0 if gap is None else gap) if (gap := lines[anchor - up].gap) is not None or up else 0.0
        for up in range(run + 1)
    ]
    widest = max(range(run + 1), key=lambda up: (gaps[up], up))
    is_clear = gaps[widest] > wide and all(gap < gaps[widest] - 0.25 for up, gap in enumerate(gaps) if up != widest)
    if is_clear and (widest or headings[anchor].parts or first_up == 0):
        return widest
    if first_up is None:
        return run
    return min(run, first_up)


def _heading_end(
    lines: Sequence[Line],
    roles: list[Role],
    headings: list[HeadingLine],
    start: int,
    anchor: int,
    limit: int,
) -> int:
    """Return the index after the last heading line: lines are taken until title and employer are there."""
    end = anchor + 1
    parts = [part for index in range(start, end) for part in headings[index].parts]
    while end < limit and end - start <= MAX_HEADING_LINES and roles[end] != "wrap":
        heading = headings[end]
        opens_next = end + 1 == limit and roles[end] == "text" and limit < len(headings) and not headings[limit].parts
        if opens_next and parts:
            break  # it stands above the next date: an employer with its whole time, then its first position
        if not heading.is_heading or (heading.dates is not None and not heading.single):
            break
        enough = len(parts) >= 2 or (len(parts) == 1 and has_two_parts(parts[0]))
        if roles[end] == "bullet":
            # "2019–2021" with the job as the first list item below it.
            if not parts and len(heading.parts) == 1 and has_two_parts(heading.parts[0]):
                end += 1
            break
        if enough and heading.parts and not _names_employer(parts, heading):
            break
        if (lines[end].gap or 0) > 1.5:
            break
        parts += heading.parts
        end += 1
    return end


def _names_employer(parts: list[str], below: HeadingLine) -> bool:
    """Tell whether the line below names the employer, when the parts above are a title and a team."""
    if len(below.parts) != 1 or any(employer_score(part) > title_score(part) for part in parts):
        return False
    return title_score(below.parts[0]) == 0 and (bool(below.location) or employer_score(below.parts[0]) > 0)


def _undated_starts(lines: Sequence[Line], roles: list[Role]) -> list[tuple[int, int]]:
    """Without any date, an entry begins where text stands directly before list items."""
    spans = []
    index = 0
    while index < len(lines):
        if roles[index] != "text":
            index += 1
            continue
        end = index
        while end < len(lines) and roles[end] == "text" and end - index < MAX_HEADING_LINES:
            end += 1
        if end < len(lines) and roles[end] == "bullet":
            spans.append((index, end))
        elif lines[index].bold and not spans:
            spans.append((index, min(index + 1, len(lines))))
        index = end
    return spans


def _with_undated(lines: Sequence[Line], roles: list[Role], spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Add entries without dates that look like the dated ones."""
    looks = Counter(lines[start].look for start, _ in spans)
    body = Counter(lines[index].look for index, role in enumerate(roles) if role != "text")
    look = looks.most_common(1)[0][0]
    if body and look[:3] == body.most_common(1)[0][0][:3]:
        return spans
    taken = {index for start, end in spans for index in range(start, end)}
    added = [
        (index, index + 1)
        for index, line in enumerate(lines)
        if index not in taken
        and index > spans[0][0]
        and roles[index] == "text"
        and line.look == look
        and len(line.plain) < 90
        and roles[index - 1] != "text"
    ]
    return sorted([*spans, *added])


def _entry(lines: Sequence[Line], headings: list[HeadingLine], start: int, end: int, body_end: int) -> Entry:
    entry = Entry(heading=list(lines[start:end]))
    for index in range(start, end):
        heading = headings[index]
        entry.parts += [(part, lines[index]) for part in heading.parts]
        if heading.dates is not None and entry.dates is None:
            entry.dates, entry.dates_line = heading.dates, lines[index]
        if heading.location and entry.location is None:
            entry.location = (heading.location, lines[index])
    body_lines = list(lines[end:body_end])
    if body_lines and not body_lines[0].bullet and entry.location is None:
        below = read_heading(body_lines[0])
        if below.location and not below.parts and below.dates is None:
            entry.location = (below.location, body_lines[0])
            body_lines = body_lines[1:]
    entry.body = paragraphs(body_lines)
    entry.body = [paragraph for paragraph in entry.body if re.search(r"\w", paragraph.text)]
    return entry
