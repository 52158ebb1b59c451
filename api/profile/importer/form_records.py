"""The fields of a form as a job or a degree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from api.profile.importer.education import DegreeDraft
from api.profile.importer.entries import Entry
from api.profile.importer.labelled import Field, Record, has_address
from api.profile.importer.lines import Line
from api.profile.importer.paragraphs import Paragraph, is_full, paragraphs
from api.profile.rules.dates import DateRange, find_date, find_range

_LEGAL_FORM = re.compile(
    r"(?:GmbH|AG|SE|KG|Inc|LLC|Ltd|Limited|S\.?\s?A|S\.?\s?r\.?\s?l|S\.?p\.?A|S\.?L|B\.?V|N\.?V|Sp\. z)\b"
)
Named = tuple[str, Line]


@dataclass(frozen=True, slots=True)
class FormRole:
    """A job of a form: what the labels call its title and employer, and the rest as an entry."""

    entry: Entry
    title: Named | None
    employer: Named | None


def role_of(record: Record) -> FormRole:
    """Return the job of a record. Each paragraph of its duties is a list item."""
    employer, address = _name_and_address(record.first("employer"))
    dates = _dates(record.first("dates"))
    duties = record.first("duties")
    items = paragraphs(duties.lines) if duties is not None else []
    entry = Entry(
        dates=dates[0] if dates is not None else None,
        dates_line=dates[1] if dates is not None else None,
        location=_value(record.first("place")) or address,
        body=[Paragraph(item.text, item.line, bullet=True) for item in items],
    )
    return FormRole(entry, _value(record.first("title")), employer)


def degree_of(record: Record) -> DegreeDraft:
    """Return the degree of a record."""
    school, address = _name_and_address(record.first("school"))
    subjects = _value(record.first("subjects"))
    courses = re.split(r"\s*[,;|•·]\s+(?![^()]*\))", subjects[0].rstrip(". ")) if subjects is not None else []
    return DegreeDraft(
        institution=school,
        degree=_value(record.first("degree")),
        area=_value(record.first("area")),
        dates=_dates(record.first("dates")),
        location=_value(record.first("place")) or address,
        courses=[(course, subjects[1]) for course in courses if course and subjects is not None],
    )


def _value(item: Field | None) -> Named | None:
    return (" ".join(line.plain for line in item.lines), item.lines[0]) if item is not None else None


def _name_and_address(item: Field | None) -> tuple[Named | None, Named | None]:
    """Split the value of a label that asks for a name and an address; any other value is a name."""
    if item is None:
        return None, None
    if not has_address(item.label):
        return _value(item), None
    wrapped = 1
    while wrapped < len(item.lines) and is_full(item.lines[wrapped - 1], item.lines[wrapped]):
        wrapped += 1
    name = " ".join(line.plain for line in item.lines[:wrapped])
    address = ", ".join(line.plain for line in item.lines[wrapped:])
    for match in re.finditer(r",\s+", name):
        if not _LEGAL_FORM.match(name, match.end()):
            name, address = name[: match.start()], ", ".join(part for part in (name[match.end() :], address) if part)
            break
    line = item.lines[0]
    return (name, line), ((address, line) if address else None)


def _dates(item: Field | None) -> tuple[DateRange, Line] | None:
    """Read a range; one date alone is the end."""
    if item is None:
        return None
    text = " ".join(line.plain for line in item.lines)
    found = find_range(text)
    if found is not None:
        return found[0], item.lines[0]
    single = find_date(text)
    return (DateRange("", single[0], current=False), item.lines[0]) if single is not None else None
