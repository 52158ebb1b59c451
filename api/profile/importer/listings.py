"""Short entries: certificates, awards, publications and references, one or two lines each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from api.profile.importer.headings import read_heading
from api.profile.importer.lines import Line
from api.profile.importer.paragraphs import paragraphs


@dataclass(slots=True)
class ListingDraft:
    """A title, who gave it, when, and a sentence about it."""

    title: str
    line: Line
    issuer: str = ""
    date: str = ""
    summary: str = ""


def read_listings(lines: Sequence[Line]) -> list[ListingDraft]:
    """Return the entries of a section of short entries."""
    found: list[ListingDraft] = []
    marked = sum(line.bullet for line in lines) * 2 > len(lines)
    for paragraph in paragraphs(lines):
        line = paragraph.line
        text = paragraph.text if len(line.segments) == 1 else line.text
        heading = read_heading(_with_text(line, text))
        date = (heading.dates.start or heading.dates.end) if heading.dates else ""
        parts = list(heading.parts)
        if (
            found
            and not paragraph.bullet
            and (marked or not line.bold)
            and _belongs_below(found[-1], line, parts, date)
        ):
            last = found[-1]
            if date and not last.date:
                last.date = date
            if parts and not last.issuer and len(parts[0]) <= 70 and not parts[0].endswith("."):
                last.issuer = parts.pop(0)
            last.summary = " ".join(part for part in (last.summary, *parts) if part)
            continue
        if not parts:
            continue
        title, issuer = parts[0], ""
        if len(parts) > 1:
            issuer = parts[1]
        else:
            match = re.match(r"^(?P<title>[^,–—]{3,90}?)(?:,\s+|\s+[–—-]\s+)(?P<issuer>[^,–—]{2,60})$", title)
            if match and not title.endswith("."):
                title, issuer = match["title"].strip(), match["issuer"].strip()
        found.append(ListingDraft(title, line, issuer, date, " ".join(parts[2:])))
    return found


def _with_text(line: Line, text: str) -> Line:
    if text == line.text:
        return line
    first = line.segments[0]
    return type(line)(
        (type(first)(text, first.x0, first.x1, first.top, first.bottom, first.size, first.bold),), line.source
    )


def _belongs_below(last: ListingDraft, line: Line, parts: list[str], date: str) -> bool:
    """A plain line below a bold title goes with it; so does a line that is only a date."""
    if not parts and date:
        return not last.date
    return last.line.bold and not line.bold and (line.gap or 0) < 1.4
