"""Our way of writing text into a PDF page, put in the place of WeasyPrint's.

WeasyPrint gives one text to each glyph of a font, the first it meets; wherever one glyph stands for different texts,
every later occurrence reads wrongly. Here a *character code* is given to each pair of glyph and text, and the font's
`CIDToGIDMap` leads from code to glyph. Fonts whose glyphs are all unambiguous stay as they were.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pydyf  # type: ignore[import-untyped]
from weasyprint.draw import text as draw_text_module
from weasyprint.pdf import fonts as pdf_fonts_module
from weasyprint.text.ffi import FROM_UNITS, ffi, pango
from weasyprint.text.line_break import Layout

from renderer.glyphs import Glyph, Piece, Run, Simple, read_line
from renderer.right_to_left import RightToLeftLine

_harfbuzz = ctypes.CDLL("libharfbuzz.so.0")
_harfbuzz.hb_font_get_nominal_glyph.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p]

LAST_CODE = 0xFFFF
LONGEST_TEXT = 30
"""Characters: pdftotext takes no more than 60 units of UTF-16 from one code, and nothing of a longer text."""
ACCENT_WIDTH = 0.02  # of the font size
EMPTY_GLYPH = pango.PANGO_GLYPH_EMPTY
UNKNOWN_GLYPH = pango.PANGO_GLYPH_UNKNOWN_FLAG

_original_font_dictionary = pdf_fonts_module._build_vector_font_dictionary
_original_clean = pdf_fonts_module.Font.clean


def install() -> None:
    """Use these functions for every PDF this process writes."""
    draw_text_module.draw_first_line = draw_first_line
    Layout.deactivate = lambda layout: None
    Layout.reactivate = keep_layout
    pdf_fonts_module._build_vector_font_dictionary = build_font_dictionary
    pdf_fonts_module.Font.clean = clean_font


def keep_layout(layout: Any, style: Any) -> None:
    """A line is shaped once: what was laid out is what is drawn. WeasyPrint lets go of it in between to save memory."""


def draw_first_line(stream: Any, textbox: Any, text_overflow: str, block_ellipsis: Any, matrix: Any) -> list[Any]:
    """Write a line in reading order. Returns no emoji: no colour font is visible, and no style asks for an ellipsis."""
    if not textbox.text.strip():
        return []
    layout = textbox.pango_layout
    if "\n" in layout.text:
        pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
    first_line, _ = layout.get_first_line()
    line: RightToLeftLine | None = getattr(textbox, "right_to_left_line", None)
    pieces = read_line(first_line, layout.text, stream, line)
    if getattr(textbox, "ends_single_letters", False):
        end_with_space(pieces[-1])
    # The font before the place: pypdf takes a line below large type for the same line while the large font is current.
    first_run = pieces[0].run if isinstance(pieces[0], Simple) else pieces[0].glyphs[0].run
    stream.set_font_size(first_run.font.hash, first_run.font_size)
    stream.set_text_matrix(*matrix.values)
    writer = LineWriter(stream)
    for piece in pieces:
        if isinstance(piece, Simple):
            writer.write_simple(piece)
        elif piece.bridge:
            writer.write_bridge(piece)
        elif piece.plain:
            writer.write_plain(piece)
        elif piece.accented:
            writer.write_accented(piece)
        else:
            writer.write_apart(piece)
    if line is not None and line.rest > 0 and writer.run is not None:
        writer.write_space(writer.run, " ", -line.rest, line.rest, names_font=True)
    writer.flush()
    return []


class LineWriter:
    """Collects codes and moves of one line into as few text operators as its readers allow.

    `pen` is where the text position stands, in pixels from the line's left end.
    """

    def __init__(self, stream: Any) -> None:
        self.pen = 0.0
        self._stream = stream
        self.run: Run | None = None
        self._parts: list[str] = []
        self._codes = ""

    def write_simple(self, simple: Simple) -> None:
        """A whole run, one glyph for each character."""
        run = simple.run
        font, size = run.font, run.font_size
        to_thousandths = 1000 * FROM_UNITS / size
        known = font.__dict__.setdefault("written_codes", {})
        self._use(run)
        parts, collected = self._parts, ""
        left, pen = run.left * 1000 / size, self.pen * 1000 / size
        for identifier, width, x_offset, character in simple.glyphs:
            if identifier != EMPTY_GLYPH:
                written = known.get((identifier, character))
                if written is None:
                    code = character_code(self._stream, run, identifier, character)
                    written = known[identifier, character] = f"{code:04x}", font.widths[code]
                letters, advance = written
                if move := round(pen - left - x_offset * to_thousandths):
                    if collected:
                        parts.append(f"<{collected}>")
                        collected = ""
                    parts.append(str(move))
                collected += letters
                pen += advance - move
            left += width * to_thousandths
        self._codes = collected
        self.pen = pen * size / 1000

    def write_plain(self, piece: Piece) -> None:
        """One glyph for one character, with the direction marks that stand beside it for some readers only."""
        marked = piece.mark_left or piece.mark_right
        if piece.right_to_left or piece.names_font:
            self._name_font_again(piece.glyphs[0].run)
        if marked:
            self._begin_replaced(f"{piece.mark_left}{piece.text}{piece.mark_right}")
        self._write(piece.glyphs[0], piece.text)
        if marked:
            self._end_replaced()

    def write_apart(self, piece: Piece) -> None:
        """Text and picture apart: the glyphs stand for nothing, spaces stretched over them for the text.

        One space carries the text of a whole, or as much of it as a reader takes; right-to-left letters get one each,
        from the right. The order is such that a reader who follows the pen sees neither a jump nor a gap.
        """
        if piece.from_right:
            self._write_texts(piece)
        glyphs = sorted(piece.glyphs, key=lambda glyph: glyph.left, reverse=piece.from_right and piece.whole)
        if not piece.from_right:
            glyphs = marks_apart(glyphs)
        self._begin_replaced("")
        for glyph in glyphs:
            self._write(glyph, "")
        self._end_replaced()
        if not piece.from_right:
            self._write_texts(piece)

    def write_accented(self, piece: Piece) -> None:
        """A right-to-left letter with its accents: their texts stand at its left edge, as narrow as can be."""
        letter, *accents = piece.glyphs
        self._name_font_again(letter.run)
        self._begin_replaced("")
        for glyph in accents:
            self._write(glyph, "")
        self._end_replaced()
        self._write(letter, piece.text[0])
        width = ACCENT_WIDTH * letter.run.font_size
        for index, character in enumerate(piece.text[1:], start=1):
            self.write_space(letter.run, character, letter.left - index * width, width, names_font=True)

    def write_bridge(self, piece: Piece) -> None:
        """Nothing to see and nothing to read over the width of the piece."""
        left, right = piece.extent
        self._begin_replaced("")
        self.write_space(piece.glyphs[0].run, "", left, right - left, names_font=False)
        self._end_replaced()

    def _write_texts(self, piece: Piece) -> None:
        left, right = piece.extent
        run, names_font = piece.glyphs[0].run, piece.from_right
        if piece.whole:
            marked = piece.mark_left or piece.mark_right
            if marked:
                self._begin_replaced(f"{piece.mark_left}{piece.text}{piece.mark_right}")
            width = (right - left) / len(piece.text)
            for first in range(0, len(piece.text), LONGEST_TEXT):
                part = piece.text[first : first + LONGEST_TEXT]
                self.write_space(run, part, left + first * width, len(part) * width, names_font)
            if marked:
                self._end_replaced()
            return
        width = (right - left) / len(piece.text)
        for index, character in enumerate(piece.text):
            self.write_space(run, character, right - (index + 1) * width, width, names_font)

    def write_space(self, run: Run, text: str, left: float, width: float, names_font: bool) -> None:
        """A space from `left`, stretched to `width`, that stands for `text`."""
        if names_font:
            self._name_font_again(run)
        self._use(run)
        self.flush()
        code = character_code(self._stream, run, space_glyph(run.font), text)
        stretch = max(width / run.font_size * 1000, 1) / run.font.widths[code]
        move = (self.pen - left) / run.font_size * 1000 / stretch
        self._stream.stream.append(f"{stretch * 100:.3f} Tz".encode())
        self._stream.show_text(f"{move:.2f}<{code:04x}>")
        self._stream.stream.append(b"100 Tz")
        self.pen = left + width

    def flush(self) -> None:
        """Write what was collected."""
        if self._codes:
            self._parts.append(f"<{self._codes}>")
        if self._parts:
            self._stream.show_text("".join(self._parts))
        self._parts, self._codes = [], ""

    def _write(self, glyph: Glyph, text: str) -> None:
        """One glyph at its place. Glyphs that draw nothing are left out."""
        if glyph.identifier == EMPTY_GLYPH:
            return
        run = glyph.run
        if run is not self.run:
            self._use(run)
        code = character_code(self._stream, run, glyph.identifier, text)
        move = round((self.pen - glyph.left) * 1000 / run.font_size - glyph.x_offset)
        if glyph.y_offset:
            self.flush()
            self._stream.set_text_rise(-glyph.y_offset)
        if move:
            if self._codes:
                self._parts.append(f"<{self._codes}>")
                self._codes = ""
            self._parts.append(str(move))
        self._codes += f"{code:04x}"
        self.pen += (run.font.widths[code] - move) * run.font_size / 1000
        if glyph.y_offset:
            self.flush()
            self._stream.set_text_rise(0)

    def _use(self, run: Run) -> None:
        self.flush()
        self.run = run
        self._stream.set_font_size(run.font.hash, run.font_size)

    def _begin_replaced(self, text: str) -> None:
        """What follows stands for `text`, for the readers that know such marks."""
        self.flush()
        encoded = f"\ufeff{text}".encode("utf-16-be").hex()
        self._stream.begin_marked_content("Span", pydyf.Dictionary({"ActualText": f"<{encoded}>"}))

    def _end_replaced(self) -> None:
        self.flush()
        self._stream.end_marked_content()

    def _name_font_again(self, run: Run) -> None:
        """Name the font before each right-to-left letter.

        Letters are written in reading order. pypdf turns a stretch of right-to-left letters around, and a stretch
        ends for it where a font is named; all others ignore the repetition.
        """
        self.flush()
        self._stream._current_font = None
        self._use(run)


def end_with_space(piece: Piece | Simple) -> None:
    """Let the last letter stand for itself and a space: see `renderer.lines.end_single_letters`."""
    if isinstance(piece, Simple):
        *before, (identifier, width, x_offset, character) = piece.glyphs
        piece.glyphs = [*before, (identifier, width, x_offset, f"{character} ")]
    else:
        piece.text += " "


def marks_apart(glyphs: list[Glyph]) -> list[Glyph]:
    """The glyphs in an order in which no two without a width follow each other, such as Thai vowel and tone marks.

    pdfminer.six ends a line between two such glyphs, and where the next one is farther away than twice the wider of
    the two; then it reads the parts of a paragraph's lines as columns. Each mark goes behind the nearest wide glyph
    where it stands near to both its neighbours.
    """
    wide = [glyph for glyph in glyphs if glyph.advance > 0]
    if not wide:
        return glyphs
    behind: dict[int, list[Glyph]] = {}

    def is_near(mark: Glyph, index: int) -> bool:
        beside = wide[index : index + 2]
        return all(mark_distance(mark, glyph) < 1.9 * glyph.advance for glyph in beside)

    place = 0
    for glyph in glyphs:
        if glyph.advance > 0:
            place = wide.index(glyph, place)
            continue
        near = sorted(range(max(place - 3, 0), min(place + 4, len(wide))), key=lambda index: abs(index - place))
        free = [index for index in near if index not in behind and is_near(glyph, index)]
        behind.setdefault(free[0] if free else place, []).append(glyph)
    return [glyph for index, base in enumerate(wide) for glyph in (base, *behind.get(index, ()))]


def mark_distance(mark: Glyph, glyph: Glyph) -> float:
    """Space between a glyph without width and one with, in pixels."""
    at, left = (item.left + item.x_offset * item.run.font_size / 1000 for item in (mark, glyph))
    return max(left - at, at - left - glyph.advance, 0.0)


def character_code(stream: Any, run: Run, identifier: int, text: str) -> int:
    """The code that stands for this glyph with this text; the first text of a glyph keeps the glyph's own number."""
    font = run.font
    codes = font.__dict__.setdefault("codes", {})
    key = (identifier, text)
    code: int | None = codes.get(key)
    if code is None:
        extra = font.__dict__.setdefault("extra_codes", {})
        identifier = 0 if identifier & UNKNOWN_GLYPH else identifier
        code = identifier
        if identifier in font.to_unicode and font.type == "ttf" and font.glyph_count + len(extra) <= LAST_CODE:
            code = font.glyph_count + len(extra)
            extra[code] = identifier
        codes[key] = code
        font.to_unicode.setdefault(code, text)
        if code not in font.widths:
            pango.pango_font_get_glyph_extents(run.pango_font, identifier, stream.ink_rect, stream.logical_rect)
            font.widths[code] = round(stream.logical_rect.width * 1000 * FROM_UNITS / run.font_size)
    return code


def space_glyph(font: Any) -> int:
    """The glyph of the font's space."""
    found: int | None = font.__dict__.get("space_glyph")
    if found is None:
        target = ctypes.c_uint32()
        _harfbuzz.hb_font_get_nominal_glyph(int(ffi.cast("uintptr_t", font.hb_font)), 0x20, ctypes.byref(target))
        found = font.space_glyph = target.value
    return found


def clean_font(font: Any, to_unicode: dict[int, str], hinting: bool) -> None:
    """Subset by glyphs: WeasyPrint passes the codes, of which the extra ones are not glyphs."""
    extra = font.__dict__.get("extra_codes", {})
    _original_clean(font, {extra.get(code, code): text for code, text in to_unicode.items()}, hinting)


def build_font_dictionary(
    font_dictionary: Any,
    pdf: Any,
    font: Any,
    widths: dict[int, int],
    compress: bool,
    reference: Any,
    pdf_version: str | None,
) -> None:
    """Add the map from codes to glyphs where a font needs one."""
    first_object = len(pdf.objects)
    _original_font_dictionary(font_dictionary, pdf, font, widths, compress, reference, pdf_version)
    extra = font.__dict__.get("extra_codes", {})
    if not extra:
        return
    last = max(extra)
    table = bytearray()
    for code in range(last + 1):
        glyph = extra.get(code, code if code < font.glyph_count else 0)
        table += glyph.to_bytes(2, "big")
    written = pdf.objects[first_object:]
    stream = pydyf.Stream([bytes(table)], compress=compress)
    pdf.add_object(stream)
    for item in written:
        if isinstance(item, dict) and item.get("Subtype") == "/CIDFontType2":
            item["CIDToGIDMap"] = stream.reference
