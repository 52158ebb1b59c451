"""Our way of writing text into a PDF page, put in the place of WeasyPrint's.

WeasyPrint gives one text to each glyph of a font, the first it meets; wherever one glyph stands for different texts,
every later occurrence reads wrongly. Here a *character code* is given to each pair of glyph and text, and the font's
`CIDToGIDMap` leads from code to glyph. Fonts whose glyphs are all unambiguous stay as they were.
"""

from __future__ import annotations

from typing import Any

import pydyf
from weasyprint.draw import text as draw_text_module
from weasyprint.pdf import fonts as pdf_fonts_module
from weasyprint.text.ffi import FROM_UNITS, pango

from renderer.glyphs import Glyph, Run, read_line

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
    """Write one run; `pen` is where the text position stands, in pixels from the line's left end."""
    font, size = run.font, run.font_size
    origin = run.left * 1000 / size
    position = pen * 1000 / size
    parts: list[str] = []
    codes = ""
    for glyph in run.glyphs:
        if glyph.identifier == EMPTY_GLYPH:
            continue
        code = character_code(stream, run, glyph)
        move = round(position - origin - glyph.left - glyph.x_offset)
        if glyph.y_offset:
            _show(stream, parts, codes)
            parts, codes = [], ""
            stream.set_text_rise(-glyph.y_offset)
            stream.show_text(f"{move}<{code:04x}>" if move else f"<{code:04x}>")
            stream.set_text_rise(0)
        else:
            if move:
                if codes:
                    parts.append(f"<{codes}>")
                parts.append(str(move))
                codes = ""
            codes += f"{code:04x}"
        position += font.widths[code] - move
    _show(stream, parts, codes)
    return position * size / 1000


def _show(stream: Any, parts: list[str], codes: str) -> None:
    if codes:
        parts.append(f"<{codes}>")
    if parts:
        stream.show_text("".join(parts))


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
