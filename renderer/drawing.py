"""Our way of writing text into a PDF page, put in the place of WeasyPrint's.

WeasyPrint gives one text to each glyph of a font, the first it meets; wherever one glyph stands for different texts,
every later occurrence reads wrongly. Here a *character code* is given to each pair of glyph and text, and the font's
`CIDToGIDMap` leads from code to glyph. Fonts whose glyphs are all unambiguous stay as they were.
"""

from __future__ import annotations

from typing import Any

import pydyf  # type: ignore[import-untyped]
from weasyprint.draw import text as draw_text_module
from weasyprint.pdf import fonts as pdf_fonts_module
from weasyprint.text.ffi import FROM_UNITS, pango

from renderer.glyphs import Cluster, Glyph, Run, read_line

LAST_CODE = 0xFFFF
EMPTY_GLYPH = pango.PANGO_GLYPH_EMPTY
UNKNOWN_GLYPH = pango.PANGO_GLYPH_UNKNOWN_FLAG

_original_font_dictionary = pdf_fonts_module._build_vector_font_dictionary
_original_clean = pdf_fonts_module.Font.clean


def install() -> None:
    """Use these functions for every PDF this process writes."""
    draw_text_module.draw_first_line = draw_first_line
    pdf_fonts_module._build_vector_font_dictionary = build_font_dictionary
    pdf_fonts_module.Font.clean = clean_font


def draw_first_line(stream: Any, textbox: Any, text_overflow: str, block_ellipsis: Any, matrix: Any) -> list[Any]:
    """Write a line in reading order. Returns no emoji: no colour font is visible, and no style asks for an ellipsis."""
    if not textbox.text.strip():
        return []
    layout = textbox.pango_layout
    pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
    first_line, _ = layout.get_first_line()
    stream.set_text_matrix(*matrix.values)
    pen = 0.0
    for run in read_line(first_line, layout.text, stream):
        stream.set_font_size(run.font.hash, run.font_size)
        pen = _show_run(stream, run, pen)
    return []


def _show_run(stream: Any, run: Run, pen: float) -> float:
    """Write one run in reading order; `pen` is where the text position stands, in pixels from the line's left end."""
    writer = RunWriter(stream, run, pen)
    for cluster in run.clusters:
        if run.right_to_left:
            writer.end_of_letters()
        if len(cluster.glyphs) > 1:
            writer.write_as_one(cluster)
        else:
            writer.write(cluster.glyphs[0])
    writer.flush()
    return writer.position * run.font_size / 1000


class RunWriter:
    """Collects codes and moves of one run into as few text operators as its readers allow."""

    def __init__(self, stream: Any, run: Run, pen: float) -> None:
        self.position = pen * 1000 / run.font_size
        self._stream = stream
        self._run = run
        self._origin = run.left * 1000 / run.font_size
        self._parts: list[str] = []
        self._codes = ""

    def write(self, glyph: Glyph) -> None:
        """One glyph at its place. Glyphs that draw nothing are left out."""
        if glyph.identifier == EMPTY_GLYPH:
            return
        code = character_code(self._stream, self._run, glyph)
        move = round(self.position - self._origin - glyph.left - glyph.x_offset)
        if glyph.y_offset:
            self.flush()
            self._stream.set_text_rise(-glyph.y_offset)
        if move:
            if self._codes:
                self._parts.append(f"<{self._codes}>")
                self._codes = ""
            self._parts.append(str(move))
        self._codes += f"{code:04x}"
        self.position += self._run.font.widths[code] - move
        if glyph.y_offset:
            self.flush()
            self._stream.set_text_rise(0)

    def write_as_one(self, cluster: Cluster) -> None:
        """Several glyphs for one text: marked with that text, for the readers that know such marks."""
        self.flush()
        text = cluster.text.encode("utf-16-be").hex()
        self._stream.begin_marked_content("Span", pydyf.Dictionary({"ActualText": f"<feff{text}>"}))
        for glyph in cluster.glyphs:
            self.write(glyph)
        self.flush()
        self._stream.end_marked_content()

    def end_of_letters(self) -> None:
        """Name the font again before each right-to-left letter.

        Letters are written in reading order. pypdf turns a stretch of right-to-left letters around, and a stretch
        ends for it where a font is named; all others ignore the repetition.
        """
        self.flush()
        self._stream._current_font = None
        self._stream.set_font_size(self._run.font.hash, self._run.font_size)

    def flush(self) -> None:
        """Write what was collected."""
        if self._codes:
            self._parts.append(f"<{self._codes}>")
        if self._parts:
            self._stream.show_text("".join(self._parts))
        self._parts, self._codes = [], ""


def character_code(stream: Any, run: Run, glyph: Glyph) -> int:
    """The code that stands for this glyph with this text; the first text of a glyph keeps the glyph's own number."""
    font = run.font
    codes = font.__dict__.setdefault("codes", {})
    key = (glyph.identifier, glyph.text)
    code: int | None = codes.get(key)
    if code is None:
        extra = font.__dict__.setdefault("extra_codes", {})
        identifier = 0 if glyph.identifier & UNKNOWN_GLYPH else glyph.identifier
        code = identifier
        if identifier in font.to_unicode and font.type == "ttf" and font.glyph_count + len(extra) <= LAST_CODE:
            code = font.glyph_count + len(extra)
            extra[code] = identifier
        codes[key] = code
        font.to_unicode.setdefault(code, glyph.text)
        if code not in font.widths:
            pango.pango_font_get_glyph_extents(run.pango_font, identifier, stream.ink_rect, stream.logical_rect)
            font.widths[code] = round(stream.logical_rect.width * 1000 * FROM_UNITS / run.font_size)
    return code


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
