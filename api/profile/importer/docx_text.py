"""Word documents to lines, in the order of the document, layout tables and text boxes included."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from api.profile.importer.draft import Source
from api.profile.importer.errors import UnreadableDocument
from api.profile.importer.lines import Line, Link, Segment, clean_text, close_letters, split_lines, take_bullet

MAX_UNPACKED = 60_000_000
MAX_RATIO = 120
MAX_FILES = 2_000
MAX_PARAGRAPHS = 5_000
MAX_CHARACTERS = 400_000
CHARACTER_WIDTH = 5.0
PAGE_WIDTH = 480.0


def check_archive(data: bytes) -> None:
    """Refuse an archive that unpacks to far more than a resume holds, before anything is unpacked.

    The sizes in the directory may lie, so the parts are also unpacked once, in pieces, up to the limit.

    Raises:
        UnreadableDocument: damaged, not a Word document, or a zip bomb.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if len(members) > MAX_FILES or declared > MAX_UNPACKED or declared > MAX_RATIO * max(len(data), 10_000):
                raise UnreadableDocument("zip_bomb")
            if any(member.flag_bits & 0x1 for member in members):
                raise UnreadableDocument("legacy_word")
            if "word/document.xml" not in archive.namelist():
                raise UnreadableDocument("unsupported_type")
            total = 0
            for member in members:
                with archive.open(member) as part:
                    while piece := part.read(65_536):
                        total += len(piece)
                        if total > MAX_UNPACKED:
                            raise UnreadableDocument("zip_bomb")
    except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, UnreadableDocument):
            raise
        raise UnreadableDocument("damaged_file") from error


def read_docx_lines(data: bytes) -> list[Line]:
    """Return the lines of a Word document.

    Raises:
        UnreadableDocument: damaged, a zip bomb, or without text.
    """
    check_archive(data)
    try:
        document = Document(io.BytesIO(data))
        lines = list(_Reader(document).lines())
    except UnreadableDocument:
        raise
    except Exception as error:  # python-docx and lxml raise many kinds for a damaged file
        raise UnreadableDocument("damaged_file") from error
    if sum(len(line.plain) for line in lines) < 10:
        raise UnreadableDocument("no_text")
    return lines


class _Reader:
    """Walks the document once and numbers its paragraphs."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.number = 0
        self.characters = 0
        self.gap: float | None = None
        self.base_size = _points(document.styles["Normal"].font.size) if "Normal" in document.styles else None

    def lines(self) -> Iterator[Line]:
        for section in self.document.sections[:1]:
            for header in (section.first_page_header, section.header):
                if not header.is_linked_to_previous:
                    yield from self._blocks(header)
        yield from self._blocks(self.document)
        for section in self.document.sections[:1]:
            if not section.footer.is_linked_to_previous:
                yield from self._blocks(section.footer)

    def _blocks(self, container: Any) -> Iterator[Line]:
        for block in container.iter_inner_content():
            if isinstance(block, Paragraph):
                yield from self._paragraph(block)
            elif isinstance(block, Table):
                yield from self._table(block)

    def _table(self, table: Table) -> Iterator[Line]:
        """Read a table row by row, or column by column when it lays out columns: long cells side by side."""
        rows = [_distinct_cells(row) for row in table.rows]
        lengths = [[sum(bool(p.text.strip()) for p in cell.paragraphs) for cell in row] for row in rows]
        has_columns = any(sum(length > 2 for length in row) >= 2 for row in lengths)
        if not has_columns or len(rows) > 3:
            for row in rows:
                yield from self._row(row)
        else:
            for index in range(max(len(row) for row in rows)):
                for row in rows:
                    if index < len(row):
                        yield from self._column(row[index], start=index > 0)

    def _column(self, cell: Any, *, start: bool) -> Iterator[Line]:
        for line in self._blocks(cell):
            yield Line(
                line.segments,
                line.source,
                line.gap,
                line.bullet,
                line.level,
                start,
                line.column_width,
                line.column_x1,
                line.mark_x0,
                line.wraps,
            )
            start = False

    def _row(self, cells: list[Any]) -> Iterator[Line]:
        """Join the first lines of the cells of a row; what follows in a cell comes after."""
        columns = [list(self._blocks(cell)) for cell in cells]
        columns = [column for column in columns if column]
        if not columns:
            return
        if any(len(column) > 2 for column in columns) or any(line.bullet for column in columns for line in column):
            for column in columns:
                yield from column
            return
        for index in range(max(len(column) for column in columns)):
            found = [column[index] for column in columns if index < len(column)]
            segments = tuple(segment for line in found for segment in line.segments)
            yield Line(segments, found[0].source, found[0].gap, level=found[0].level, wraps=False)

    def _paragraph(self, paragraph: Paragraph) -> Iterator[Line]:
        self.number += 1
        if self.number > MAX_PARAGRAPHS or self.characters > MAX_CHARACTERS:
            raise UnreadableDocument("too_much_text")
        for box in paragraph._p.iter(qn("w:txbxContent")):
            if not any(parent.tag.endswith("}Fallback") for parent in box.iterancestors()):
                for inner in box.iterchildren(qn("w:p")):
                    yield from self._paragraph(Paragraph(inner, paragraph._parent))
        text, runs, links = _content(paragraph)
        self.characters += len(text)
        if not text.strip():
            self.gap = 1.6
            return
        style = (paragraph.style.name if paragraph.style is not None else "") or ""
        is_list = _is_list(paragraph) or bool(
            re.match(r"List (Bullet|Number|Paragraph)", style) and _is_list(paragraph)
        )
        is_list = is_list or style.startswith(("List Bullet", "List Number"))
        named = re.match(r"(?i)(?:heading|überschrift|titre|título|titolo|kop)\s*([1-4])", style)
        level = int(named[1]) if named else None
        size, bold, italic = self._look(paragraph, runs)
        before = _points(paragraph.paragraph_format.space_before) or 0.0
        gap = None if self.gap is None else max(self.gap, 0.4 + before / 10.0)
        for part_number, content in enumerate(split_lines(text)):
            segments = _segments(content, size, bold=bold, italic=italic, links=links if part_number == 0 else ())
            if not segments:
                continue
            line = Line(
                segments,
                Source(paragraph=self.number),
                gap,
                bullet=is_list and part_number == 0,
                level=level,
                column_width=PAGE_WIDTH,
                column_x1=PAGE_WIDTH,
                wraps=False,
            )
            yield line if is_list else take_bullet(line)
            gap = 0.4
        self.gap = 0.4

    def _look(self, paragraph: Paragraph, runs: list[tuple[str, Any]]) -> tuple[float, bool, bool]:
        style_font = paragraph.style.font if paragraph.style is not None else None
        letters = sum(len(text) for text, _ in runs) or 1
        first = next((run for text, run in runs if text.strip()), None)
        size = _points(first.font.size) if first is not None else None
        size = size or _inherited_size(paragraph.style) or self.base_size or 11.0
        bold_style = bool(style_font.bold) if style_font is not None else False
        bold = sum(len(text) for text, run in runs if (bold_style if run.bold is None else run.bold))
        italic = sum(len(text) for text, run in runs if run.italic)
        leading_bold = first is not None and bool(bold_style if first.bold is None else first.bold)
        return size, bold * 2 > letters or leading_bold, italic * 2 > letters


def _points(length: Any) -> float | None:
    return float(length.pt) if length is not None else None


def _inherited_size(style: Any) -> float | None:
    for _ in range(10):
        if style is None:
            return None
        if style.font.size is not None:
            return float(style.font.size.pt)
        style = style.base_style
    return None


def _distinct_cells(row: Any) -> list[Any]:
    seen: list[Any] = []
    for cell in row.cells:
        if all(cell._tc is not other._tc for other in seen):
            seen.append(cell)
    return seen


def _is_list(paragraph: Paragraph) -> bool:
    properties = paragraph._p.pPr
    if properties is not None and properties.numPr is not None:
        number = properties.find(f"{qn('w:numPr')}/{qn('w:numId')}")
        return number is None or number.get(qn("w:val")) != "0"
    style = paragraph.style
    for _ in range(10):
        if style is None:
            return False
        style_properties = style.element.pPr
        if style_properties is not None and style_properties.numPr is not None:
            return not (style.name or "").casefold().startswith("heading")
        style = style.base_style
    return False


def _content(paragraph: Paragraph) -> tuple[str, list[tuple[str, Any]], tuple[Link, ...]]:
    """Return the text with tabs and breaks, its runs, and its links."""
    text, runs, links = "", [], []
    for item in paragraph.iter_inner_content():
        inner = item.runs if hasattr(item, "runs") else [item]
        for run in inner:
            text += run.text
            runs.append((run.text, run))
        if hasattr(item, "address") and item.address:
            links.append(Link(item.text, item.address))
    return text, runs, tuple(links)


def _segments(content: str, size: float, *, bold: bool, italic: bool, links: tuple[Link, ...]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    place = 0.0
    for part in re.split(r"\t+|\s{4,}", clean_text(content)):
        text = re.sub(r" +", " ", close_letters(part)).strip()
        if text:
            width = len(text) * CHARACTER_WIDTH
            found.append(Segment(text, place, place + width, 0, 0, size, bold, italic, "", links if not found else ()))
            place += width + 20
    return tuple(found)
