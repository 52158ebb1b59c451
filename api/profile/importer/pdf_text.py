"""Glyphs of a PDF to segments of text, page by page.

pdfminer gives glyphs with their place and font. Lines, words and wide gaps are found from the distances between glyphs,
because many producers draw no space characters (LaTeX) or set letters apart (headings).
"""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTCurve, LTFigure, LTImage
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect, PDFTextExtractionNotAllowed
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1
from pdfminer.psexceptions import PSException

from api.profile.importer.errors import UnreadableDocument
from api.profile.importer.lines import Link, Segment, clean_text, close_letters, is_bullet_mark, is_right_to_left

MAX_PAGES = 40
MAX_GLYPHS = 400_000
WIDE_GAP = 1.35
SPACE_GAP = 0.16
_RIGHT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_SPACING_ACCENTS = {
    "´": "\u0301",
    "`": "\u0300",
    "¨": "\u0308",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "¸": "\u0327",
    "ˇ": "\u030c",
}


@dataclass(slots=True)
class Glyph:
    """One drawn character. Coordinates from the top left; `base` is the baseline."""

    char: str
    x0: float
    x1: float
    base: float
    size: float
    font: str
    color: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page as segments in no particular order."""

    number: int
    width: float
    height: float
    segments: tuple[Segment, ...]
    image_count: int


@dataclass(frozen=True, slots=True)
class _Link:
    x0: float
    x1: float
    top: float
    bottom: float
    address: str


def read_pages(data: bytes) -> list[Page]:
    """Return the pages of a PDF.

    Raises:
        UnreadableDocument: encrypted, damaged, too many pages, or only pictures.
    """
    try:
        pages = list(_pages(data))
    except (PDFPasswordIncorrect, PDFEncryptionError, PDFTextExtractionNotAllowed) as error:
        raise UnreadableDocument("encrypted_pdf") from error
    except (
        PSException,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        AssertionError,
        RecursionError,
    ) as error:
        if isinstance(error, UnreadableDocument):
            raise
        raise UnreadableDocument("damaged_file") from error
    letters = sum(len(segment.text) for page in pages for segment in page.segments)
    if letters < 25:
        raise UnreadableDocument("image_only_pdf" if any(page.image_count for page in pages) else "no_text")
    return pages


def _pages(data: bytes) -> Iterator[Page]:
    document = PDFDocument(PDFParser(io.BytesIO(data)))
    manager = PDFResourceManager()
    device = PDFPageAggregator(manager, laparams=None)
    interpreter = PDFPageInterpreter(manager, device)
    pages = []
    for page in PDFPage.create_pages(document):
        pages.append(page)
        if len(pages) > MAX_PAGES:
            raise UnreadableDocument("too_many_pages")
    if not pages:
        raise UnreadableDocument("damaged_file")
    total = 0
    for number, page in enumerate(pages, start=1):
        interpreter.process_page(page)
        layout = device.get_result()
        left, bottom, right, top = layout.bbox
        images = _count_images(layout)
        drawn = (_glyph(char, left, top, right) for char in _characters(layout))
        glyphs = _with_marks([glyph for glyph in drawn if glyph is not None])
        total += len(glyphs)
        if total > MAX_GLYPHS:
            raise UnreadableDocument("too_much_text")
        links = list(_links(page, left, top))
        segments = [*_segments(glyphs, links)]
        segments += _drawn_marks(layout, segments, left, top)
        yield Page(number, right - left, top - bottom, tuple(segments), images)


def _characters(item: Any) -> Iterator[LTChar]:
    for child in item:
        if isinstance(child, LTChar):
            yield child
        elif isinstance(child, LTFigure):
            yield from _characters(child)


def _count_images(item: Any) -> int:
    return sum(
        1 if isinstance(child, LTImage) else _count_images(child) if isinstance(child, LTFigure) else 0
        for child in item
    )


def _drawn_marks(layout: Any, segments: list[Segment], left: float, top: float) -> Iterator[Segment]:
    """Yield a list mark for every small dot that was drawn as a shape before a text, as browsers draw them."""
    seen: set[tuple[int, int]] = set()
    for shape in _shapes(layout):
        width, height = shape.x1 - shape.x0, shape.y1 - shape.y0
        if not (1.2 <= width <= 8 and 1.2 <= height <= 8 and 0.6 <= width / height <= 1.7):
            continue
        x0, x1, middle = shape.x0 - left, shape.x1 - left, top - (shape.y0 + shape.y1) / 2
        place = (round(x0), round(middle))
        if place not in seen and any(
            (2 <= segment.x0 - x1 <= 28 or (2 <= x0 - segment.x1 <= 28 and is_right_to_left(segment.text)))
            and abs((segment.top + segment.bottom) / 2 - middle) < 0.35 * segment.size
            for segment in segments
        ):
            seen.add(place)
            yield Segment("•", x0, x1, middle - 5, middle + 5)


def _shapes(item: Any) -> Iterator[LTCurve]:
    for child in item:
        if isinstance(child, LTCurve):
            yield child
        elif isinstance(child, LTFigure):
            yield from _shapes(child)


def _glyph(char: LTChar, left: float, top: float, right: float) -> Glyph | None:
    text = char.get_text()
    if re.search(r"(?i)fontawesome|awesome|fa-(?:solid|brands|regular)|material.?icons|icomoon", str(char.fontname)):
        return None  # pictures in the shape of letters
    a, b, _, d, _, y = char.matrix
    if not text or (abs(b) > abs(a) * 0.2 and abs(b) > 1e-6):
        return None  # turned text: watermarks and page edges
    size = abs(d) * char.fontsize if hasattr(char, "fontsize") else char.size
    size = char.size if not 1 <= size <= 400 else size
    x0, x1 = min(char.x0, char.x1) - left, max(char.x0, char.x1) - left
    if x1 < -5 or x0 > right - left + 5:
        return None
    color = _color(getattr(getattr(char, "graphicstate", None), "ncolor", None))
    return Glyph(text, x0, x1, top - y, size, str(char.fontname), color)


def _with_marks(glyphs: list[Glyph]) -> list[Glyph]:
    """Put vowel signs, tones and accents that are drawn over a letter to that letter, whatever place they give.

    Their pen stands behind the letter, so that by place they would come before or after the next one. Marks of
    right-to-left scripts are left alone: there the pen comes from the other side.
    """
    joined: list[Glyph] = []
    for glyph in glyphs:
        last = joined[-1] if joined else None
        is_mark = unicodedata.category(glyph.char[0]) == "Mn" and not "\u0590" <= glyph.char[0] <= "\u08ff"
        if (
            is_mark
            and last is not None
            and last.char[-1:].strip()
            and abs(glyph.x0 - last.x1) <= glyph.size
            and abs(glyph.base - last.base) <= glyph.size
        ):
            joined[-1] = replace(last, char=last.char + glyph.char)
        else:
            joined.append(glyph)
    return joined


def _color(value: object) -> str:
    if isinstance(value, int | float):
        return "" if value <= 0.25 else f"{value:.1f}"
    if isinstance(value, tuple | list) and all(isinstance(part, int | float) for part in value):
        if len(value) == 3 and max(value) <= 0.25:
            return ""
        return ",".join(f"{part:.1f}" for part in value)
    return ""


def _links(page: Any, left: float, top: float) -> Iterator[_Link]:
    for reference in (resolve1(page.annots) or [])[:500]:
        annotation = resolve1(reference)
        if not isinstance(annotation, dict):
            continue
        action = resolve1(annotation.get("A"))
        address = resolve1(action.get("URI")) if isinstance(action, dict) else None
        box = resolve1(annotation.get("Rect"))
        if isinstance(address, bytes) and isinstance(box, list) and len(box) == 4:
            x0, y0, x1, y1 = (float(resolve1(value)) for value in box)
            decoded = address.decode("utf-8", "replace")[:2000]
            yield _Link(min(x0, x1) - left, max(x0, x1) - left, top - max(y0, y1), top - min(y0, y1), decoded)


def _segments(glyphs: list[Glyph], links: list[_Link]) -> Iterator[Segment]:
    for row in _rows(_without_doubles(glyphs)):
        for run in _runs(row):
            segment = _segment(run, links)
            if segment is not None:
                yield segment


def _without_doubles(glyphs: list[Glyph]) -> list[Glyph]:
    """Drop glyphs drawn twice in nearly the same place, the poor man's bold."""
    kept: list[Glyph] = []
    seen: dict[tuple[str, int, int], Glyph] = {}
    for glyph in glyphs:
        cell = (glyph.char, round(glyph.x0 / 2), round(glyph.base / 2))
        near = [seen.get((glyph.char, cell[1] + dx, cell[2] + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        limit = 0.12 * glyph.size
        if glyph.char.strip() and any(
            other is not None and abs(other.x0 - glyph.x0) < limit and abs(other.base - glyph.base) < limit
            for other in near
        ):
            continue
        seen[cell] = glyph
        kept.append(glyph)
    return kept


def _rows(glyphs: list[Glyph]) -> list[list[Glyph]]:
    """Group glyphs by baseline; small shifts (superscripts, mixed fonts) stay in their row."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.base, glyph.x0)):
        if rows and abs(glyph.base - rows[-1][0].base) <= 0.22 * min(max(glyph.size, 4.0), 14.0):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    return [sorted(row, key=lambda glyph: glyph.x0) for row in rows]


def _runs(row: list[Glyph]) -> Iterator[list[Glyph]]:
    """Split a row at wide gaps. Space characters do not fill a gap."""
    run: list[Glyph] = []
    last: Glyph | None = None
    for glyph in row:
        if glyph.char.isspace():
            if run:
                run.append(glyph)
            continue
        if last is not None and glyph.x0 - last.x1 > WIDE_GAP * max(min(last.size, glyph.size), 5.0):
            yield run
            run = []
        run.append(glyph)
        last = glyph
    if run:
        yield run


def _segment(run: list[Glyph], links: list[_Link]) -> Segment | None:
    drawn = [glyph for glyph in run if not glyph.char.isspace()]
    if not drawn:
        return None
    text = close_letters(clean_text(_text_of(run)))
    text = re.sub(r" {2,}", " ", text).strip()
    if not text:
        return None
    size = median(glyph.size for glyph in drawn)
    base = median(glyph.base for glyph in drawn)
    names = [glyph.font.casefold() for glyph in drawn if glyph.char.isalnum()] or [drawn[0].font.casefold()]
    bold = sum(bool(re.search(r"bold|black|heavy|semibold|demi|cmbx|sfbx|-bd|medi(?!um)", name)) for name in names)
    italic = sum(bool(re.search(r"italic|oblique|slanted|cmti|cmsl|sfti|-it\b", name)) for name in names)
    x0, x1 = drawn[0].x0, drawn[-1].x1
    touching = [
        Link(clean_text(_text_of(under)).strip(), link.address)
        for link in links
        if link.top + 0.3 * size <= base <= link.bottom + 0.2 * size
        and (under := [glyph for glyph in run if link.x0 - 1 <= (glyph.x0 + glyph.x1) / 2 <= link.x1 + 1])
        and any(not glyph.char.isspace() for glyph in under)
    ]
    return Segment(
        text=text,
        x0=x0,
        x1=x1,
        top=base - 0.8 * size,
        bottom=base + 0.2 * size,
        size=size,
        bold=bold * 2 > len(names),
        italic=italic * 2 > len(names),
        color=drawn[0].color,
        links=tuple(dict.fromkeys(touching)),
    )


def _text_of(run: list[Glyph]) -> str:
    """Write a run of glyphs as text, adding the spaces that its gaps stand for."""
    drawn = [glyph for glyph in run if not glyph.char.isspace()]
    gaps = [after.x0 - before.x1 for before, after in itertools.pairwise(drawn)]
    usual = max(0.0, median(gaps)) if len(gaps) >= 4 else 0.0
    parts: list[str] = []
    last: Glyph | None = None
    spaced = False
    for glyph in run:
        if glyph.char.isspace():
            spaced = True
            continue
        if last is not None:
            gap = glyph.x0 - last.x1
            size = max(min(last.size, glyph.size), 1.0)
            if spaced and gap > usual + 0.9 * size:
                parts.append("  ")
            elif spaced or gap > usual + SPACE_GAP * size:
                parts.append(" ")
            elif _join_accent(parts, last, glyph):
                last, spaced = glyph, False
                continue
        is_mark = not parts and glyph.char.startswith("(cid:") and is_bullet_mark(glyph.char)
        # A ligature of right-to-left letters holds them in spoken order: turned here, turned back with the line.
        char = glyph.char[::-1] if len(glyph.char) > 1 and is_right_to_left(glyph.char) else glyph.char
        parts.append("•" if is_mark else char)
        last, spaced = glyph, False
    text = "".join(parts)
    return _visual_to_logical(re.sub(r"\(cid:\d+\)", "\ufffd", text))


def _join_accent(parts: list[str], last: Glyph, glyph: Glyph) -> bool:
    """Compose an accent that was drawn as a glyph of its own over the letter beside it (old TeX fonts)."""
    overlap = min(last.x1, glyph.x1) - max(last.x0, glyph.x0)
    if overlap < 0.3 * min(last.x1 - last.x0, glyph.x1 - glyph.x0):
        return False
    if last.char in _SPACING_ACCENTS and glyph.char.isalpha():
        parts[-1] = unicodedata.normalize("NFC", glyph.char.replace("ı", "i") + _SPACING_ACCENTS[last.char])
        return True
    if glyph.char in _SPACING_ACCENTS and last.char.isalpha():
        parts[-1] = unicodedata.normalize("NFC", last.char.replace("ı", "i") + _SPACING_ACCENTS[glyph.char])
        return True
    return False


def _visual_to_logical(text: str) -> str:
    """Put right-to-left text, which was read from left to right, into the order it is spoken.

    The rules of the Unicode bidirectional algorithm (UAX 9) backwards, for lines of one level: words of other scripts
    keep their order, and numbers and signs between them go with them; numbers between right-to-left words stand alone.
    """
    if not re.search(_RIGHT, text):
        return text
    if not is_right_to_left(text):
        return re.sub(f"{_RIGHT}+(?: +{_RIGHT}+)*", lambda match: match[0][::-1], text)
    parts = re.split(f"({_RIGHT}+)", text)
    return "".join(part[::-1] if re.match(_RIGHT, part) else _turned(part) for part in reversed(parts))


def _turned(stretch: str) -> str:
    """Turn a stretch without right-to-left letters: as a whole around its words, or number by number."""
    if re.search(r"[^\W\d_]", stretch):
        body = stretch.strip(" |·•,;:()-–")
        start = stretch.index(body)
        return stretch[start + len(body) :][::-1] + body + stretch[:start][::-1]
    return re.sub(r"\d[\d.,:/+-]*", lambda match: match[0][::-1], stretch[::-1])
