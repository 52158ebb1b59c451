"""Lines to sections, by known headings and by how the known headings look."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from api.profile.importer.broken_headings import join_headings
from api.profile.importer.lexicon import is_date_text
from api.profile.importer.lines import Line
from api.profile.rules.data_files import read_data

CORE = ("experience", "education", "skills", "summary")
MAX_HEADING_LENGTH = 50


@dataclass(slots=True)
class Section:
    """The lines under one heading. `kind` is "preamble" before the first heading and "other" when it is not known."""

    kind: str
    title: str = ""
    lines: list[Line] = field(default_factory=list)


@functools.cache
def _headings() -> dict[str, str]:
    return {
        _normalise(name): kind for kind, names in read_data("section_headings")["headings"].items() for name in names
    }


def _normalise(text: str) -> str:
    text = re.sub(r"\s*[&+]\s*|\s+und\s+|\s+et\s+|\s+y\s+|\s+e\s+", " and ", text.replace("İ", "i").casefold())
    text = re.sub(r"^\s*(?:\d{1,2}|[ivx]{1,4})[.)]\s+", "", text)
    return re.sub(r"^[\W_]+|[\W_]+$", "", " ".join(text.split()))


def heading_kind(text: str) -> str | None:
    """Return the section that a text opens when it is exactly a known heading, else None."""
    if len(text) > MAX_HEADING_LENGTH or not text.strip():
        return None
    known = _headings().get(_normalise(text))
    if known is None and re.search(r"[/|,]| and ", _normalise(text)):
        # "Skills / Tools", "Education & Honors": every part a heading by itself; the first known one names the section.
        parts = [_headings().get(_normalise(part)) for part in re.split(r"[/|,]| and ", _normalise(text))]
        known = next((part for part in parts if part != "other"), "other") if all(parts) else None
    return known


def is_known_heading(text: str) -> bool:
    """Tell whether a text is exactly a known heading."""
    return heading_kind(text) is not None


def is_document_title(text: str) -> bool:
    """Tell whether a text only names the kind of document, such as "Resume"."""
    return _normalise(text) in {_normalise(title) for title in read_data("section_headings")["document_titles"]}


def _guess_kind(text: str) -> str:
    words = _normalise(text).split()
    return next((kind for word, kind in read_data("section_headings")["words"] if word in words), "other")


def split_sections(lines: Sequence[Line]) -> list[Section]:
    """Return the sections of a document in reading order, the preamble first."""
    lines = [part for line in join_headings(lines, heading_kind) for part in _split_margin_heading(line)]
    kinds = _find_headings(lines)
    body_size = median([line.size for line in lines] or [10.0])
    sections = [Section("preamble")]
    for index, line in enumerate(lines):
        kind = kinds.get(index)
        if kind is not None:
            sections.append(Section(kind, line.plain))
            continue
        if line.column_start and index and sections[-1].kind != "preamble":
            is_name = line.size >= 1.4 * body_size
            if is_name or _has_contact(lines, index, kinds):
                sections.append(Section("contact"))
        sections[-1].lines.append(line)
    return [section for section in sections if section.lines or section.title]


def _split_margin_heading(line: Line) -> list[Line]:
    """Take a heading that stands in the margin beside its first line apart from that line."""
    if len(line.segments) < 2 or line.bullet or heading_kind(line.segments[0].text) is None:
        return [line]
    first, second = line.segments[0], line.segments[1]
    if second.text.startswith((":", "–", "-")) or first.text.rstrip().endswith(":"):
        return [line]
    is_core = heading_kind(first.text) in ("experience", "education")
    if (
        not is_core
        and (first.size, first.bold, first.color) == (second.size, second.bold, second.color)
        and not line.capitals
    ):
        return [line]
    return [replace(line, segments=(first,)), replace(line, segments=line.segments[1:], gap=0.0)]


def _find_headings(lines: Sequence[Line]) -> dict[int, str]:
    """Return the headings by line index: known ones, and unknown ones that look like them."""
    exact = {
        index: kind
        for index, line in enumerate(lines)
        if not _is_in_list(line) and (kind := heading_kind(line.text)) is not None
    }
    if not exact:
        return {}
    body = Counter(line.look for line in lines).most_common(1)[0][0]
    core = [lines[index] for index, kind in exact.items() if kind in CORE] or [lines[index] for index in exact]
    usual = Counter(_shape(line) for line in core).most_common(1)[0][0]
    found = {
        index: kind
        for index, kind in exact.items()
        if lines[index].level is not None
        or _shape(lines[index]) == usual
        or usual == _shape_of(body)
        or _stands_out(lines[index], body)
    }
    levels = {lines[index].level for index in found} - {None}
    marked = usual != _shape_of(body) and _is_rare(lines, usual, found)
    for index, line in enumerate(lines):
        alike = line.level in levels if line.level is not None else marked and _shape(line) == usual
        if index in exact or not alike or not index or not _may_head(line):
            continue
        guess = _guess_kind(line.plain)
        if guess != "other" or index > min(found, default=0):
            found[index] = guess
    return found


def _is_in_list(line: Line) -> bool:
    return line.bullet and line.level is None


def _shape(line: Line) -> tuple[float, bool, bool, str]:
    return _shape_of(line.look)


def _shape_of(look: tuple[float, bool, bool, bool, str]) -> tuple[float, bool, bool, str]:
    size, bold, _, capitals, color = look
    return (size, bold, capitals, color)


def _stands_out(line: Line, body: tuple[float, bool, bool, bool, str]) -> bool:
    size, bold, _, capitals, _ = line.look
    return size > body[0] + 0.4 or (bold and not body[1]) or (capitals and not body[3])


def _may_head(line: Line) -> bool:
    text = line.plain
    return (
        not line.bullet
        and len(line.segments) == 1
        and 3 <= len(text) <= MAX_HEADING_LENGTH
        and len(text.split()) <= 6
        and not re.search(r"[@.:,;]|\d{3}", text)
        and not is_date_text(text)
        and not is_document_title(text)
    )


def _is_rare(lines: Sequence[Line], shape: tuple[float, bool, bool, str], found: dict[int, str]) -> bool:
    """A look is a heading's own when lines that are no known heading seldom have it."""
    alike = [index for index, line in enumerate(lines) if _shape(line) == shape and not line.bullet]
    strangers = sum(index not in found for index in alike)
    return strangers <= max(1, len(alike) - strangers)


def _has_contact(lines: Sequence[Line], start: int, kinds: dict[int, str]) -> bool:
    """Tell whether a new column opens with contact data rather than going on with the section before."""
    for index in range(start, min(start + 6, len(lines))):
        if index in kinds:
            return False
        if re.search(r"[\w.+-]+@[\w-]+\.\w|linkedin\.com|github\.com", lines[index].text, re.IGNORECASE):
            return True
    return False
