"""Which text each glyph of a shaped line stands for, so that extraction gives back what was written.

A PDF shows glyphs; a table per font says which text a glyph stands for. Shaping is not one to one: a vowel is drawn
before its consonant, one letter becomes two glyphs, a joined word runs from right to left. Here every glyph of a line
gets a text such that the texts in writing order are exactly the line.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from weasyprint.text.ffi import FROM_UNITS, ffi

GLYPH_STRUCT = struct.Struct("=IiiiI")  # PangoGlyphInfo: glyph, width, x offset, y offset, cluster flag


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
class Cluster:
    """Glyphs that together stand for `text` and cannot be told apart."""

    glyphs: list[Glyph]
    text: str


@dataclass(slots=True)
class Run:
    """Clusters of one font and direction in reading order; `left` in pixels from the line's left end."""

    font: Any
    pango_font: Any
    font_size: float
    start: int
    left: float
    right_to_left: bool
    clusters: list[Cluster]


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
    if any(run.right_to_left for run in runs):
        runs.sort(key=lambda run: run.start)
        for run in runs:
            if not run.right_to_left:
                run.clusters = [turned_around(run.clusters)]
                run.right_to_left = True
    return runs


def turned_around(clusters: list[Cluster]) -> Cluster:
    """A Latin or numeric run inside a right-to-left line: written from its right end, where the reader comes from.

    Its first glyph stands for the whole run. Written from its left end, the jump there would end the line for
    extractors that follow the order of writing.
    """
    glyphs = [glyph for cluster in reversed(clusters) for glyph in reversed(cluster.glyphs)]
    text = "".join(cluster.text for cluster in clusters)
    for glyph in glyphs:
        glyph.text = ""
    glyphs[0].text = text
    return Cluster(glyphs, text)


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
    right_to_left = bool(item.analysis.level % 2)
    clusters_in_order = list(_clusters(glyphs, clusters, text))
    if right_to_left:
        clusters_in_order.reverse()
    run = Run(font, item.analysis.font, font_size, item.offset, left, right_to_left, clusters_in_order)
    return run, position * font_size / 1000


def _clusters(glyphs: list[Glyph], starts: list[int], text: bytes) -> Iterator[Cluster]:
    """Clusters from left to right, each with the text that its glyphs together stand for."""
    count = len(glyphs)
    if count == len(text) and starts[0] <= starts[-1]:  # one byte, one glyph, left to right: plain Latin
        for glyph, character in zip(glyphs, text.decode(), strict=True):
            glyph.text = character
            yield Cluster([glyph], character)
        return
    ends = dict(itertools.pairwise([*sorted(set(starts)), len(text)]))
    first = 0
    while first < count:
        last = first + 1
        while last < count and starts[last] == starts[first]:
            last += 1
        cluster = Cluster(glyphs[first:last], text[starts[first] : ends[starts[first]]].decode())
        share_text(cluster)
        yield cluster
        first = last


def share_text(cluster: Cluster) -> None:
    """One character for each glyph while there are enough, all that are left for the last glyph that gets one.

    Which glyph gets which does not matter to a reader of the whole; only that none is lost and the order is kept.
    """
    glyphs, text = cluster.glyphs, cluster.text
    for position, glyph in enumerate(glyphs):
        glyph.text = text[position : position + 1]
    if len(text) > len(glyphs):
        glyphs[-1].text = text[len(glyphs) - 1 :]
