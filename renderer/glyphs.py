"""Which text each glyph of a shaped line stands for, so that extraction gives back what was written.

A PDF shows glyphs; a table per font says which text a glyph stands for. Shaping is not one to one: a vowel is drawn
before its consonant, one letter becomes two glyphs, a joined word runs from right to left. Here every glyph of a line
gets a text such that the texts in writing order are exactly the line.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from weasyprint.text.ffi import FROM_UNITS, ffi

GLYPH_STRUCT = struct.Struct("=IiiiI")  # PangoGlyphInfo: glyph, width, x offset, y offset, cluster flag
SPACE = 0x20


@dataclass(slots=True)
class Glyph:
    """One glyph. Advance and offsets in thousandths of the font size; `left` is its place within the run."""

    identifier: int
    left: float
    advance: float
    x_offset: float
    y_offset: float
    text: str


@dataclass(slots=True)
class Run:
    """Glyphs of one font and direction in the order they are written; `left` in pixels from the line's left end."""

    font: Any
    pango_font: Any
    font_size: float
    start: int
    left: float
    glyphs: list[Glyph]


def read_line(first_line: Any, text: str, stream: Any) -> list[Run]:
    """The runs of a line in reading order."""
    encoded = text.encode()
    runs = []
    left = 0.0
    node = first_line.runs
    while node != ffi.NULL:
        run, width = _read_run(node.data, encoded, stream, left)
        left += width
        runs.append(run)
        node = node.next
    if len(runs) > 1:
        runs.sort(key=lambda run: run.start)
    return runs


def _read_run(glyph_item: Any, encoded: bytes, stream: Any, left: float) -> tuple[Run, float]:
    item, glyph_string = glyph_item.item, glyph_item.glyphs
    font, font_size = stream.add_font(item.analysis.font)
    count = glyph_string.num_glyphs
    clusters: list[int] = ffi.unpack(glyph_string.log_clusters, count)
    scale = 1000 * FROM_UNITS / font_size
    glyphs = []
    position = 0.0
    for identifier, width, x_offset, y_offset, _ in GLYPH_STRUCT.iter_unpack(
        ffi.buffer(glyph_string.glyphs, count * GLYPH_STRUCT.size)
    ):
        advance = width * scale
        glyphs.append(Glyph(identifier, position, advance, x_offset * scale, y_offset / 1000, ""))
        position += advance
    text = encoded[item.offset : item.offset + item.length]
    if item.analysis.level % 2:
        glyphs = list(_right_to_left(glyphs, clusters, text))
    else:
        _left_to_right(glyphs, clusters, text)
    return Run(font, item.analysis.font, font_size, item.offset, left, glyphs), position * font_size / 1000


def _left_to_right(glyphs: list[Glyph], clusters: list[int], text: bytes) -> None:
    """The first glyph of a cluster stands for the cluster's whole text, the others for nothing."""
    count = len(glyphs)
    if count == len(text):  # one byte, one glyph: plain Latin
        for glyph, character in zip(glyphs, text.decode(), strict=True):
            glyph.text = character
        return
    start = 0
    while start < count:
        end = start + 1
        while end < count and clusters[end] == clusters[start]:
            end += 1
        glyphs[start].text = text[clusters[start] : clusters[end] if end < count else len(text)].decode()
        start = end


def _right_to_left(glyphs: list[Glyph], clusters: list[int], text: bytes) -> Iterator[Glyph]:
    """Word by word in reading order; one glyph of each word stands for the word and the space after it.

    Extractors disagree about who puts right-to-left letters in order; a whole word leaves them nothing to reverse.
    """
    for first, last in words(text):
        word = [glyph for glyph, cluster in zip(glyphs, clusters, strict=True) if first <= cluster < last]
        if word:
            word[0].text = text[first:last].decode()
            yield from word


def words(text: bytes) -> list[tuple[int, int]]:
    """Byte ranges of words with the space that follows them; a single letter goes with its neighbour.

    >>> words(b"ab c de")
    [(0, 3), (3, 7)]
    """
    ranges: list[tuple[int, int]] = []
    start = 0
    for position, byte in enumerate(text):
        if byte == SPACE and len(text[start:position].decode().strip()) > 1:
            ranges.append((start, position + 1))
            start = position + 1
    if start < len(text):
        if ranges and len(text[start:].decode()) == 1:
            ranges[-1] = (ranges[-1][0], len(text))
        else:
            ranges.append((start, len(text)))
    return ranges
