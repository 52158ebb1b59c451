"""Which text each glyph of a shaped line stands for, so that extraction gives back what was written.

A PDF shows glyphs; a table per font says which text a glyph stands for. Shaping is not one to one: a vowel is drawn
before its consonant, one letter becomes two glyphs, a joined word runs from right to left. Here a line is read as
pieces, each of one character and one glyph where possible, such that their texts in reading order are the line.
"""

from __future__ import annotations

import itertools
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from weasyprint.text.ffi import FROM_UNITS, ffi

from renderer.right_to_left import LEFT_TO_RIGHT_MARK, RightToLeftLine, add_marks, begins_right_to_left
from renderer.wrapping import WORD_JOINER

GLYPH_STRUCT = struct.Struct("=IiiiI")  # PangoGlyphInfo: glyph, width, x offset, y offset, cluster flag
LEVEL_BITS = 0xFF  # the binding reads the three bytes behind the level, too


@dataclass(slots=True)
class Run:
    """Glyphs of one font and direction; `left` is where they begin, in pixels from the line's left end."""

    font: Any
    pango_font: Any
    font_size: float
    start: int
    left: float
    level: int
    pieces: list[Piece]

    @property
    def right_to_left(self) -> bool:
        """Levels of the bidirectional algorithm: odd ones run from the right."""
        return self.level % 2 == 1


@dataclass(slots=True)
class Glyph:
    """One glyph. `left` and `advance` in pixels from the line's left end, offsets as its font's size scales them."""

    identifier: int
    run: Run
    left: float
    advance: float
    x_offset: float
    y_offset: float


@dataclass(slots=True)
class Piece:
    """Glyphs that together stand for `text`.

    `right_to_left`: shaped in that direction; `from_right`: part of a stretch that is written from the right.
    `whole`: the text is written as one string, else letter by letter from the right. `bridge`: nothing to see or to
    read, only the way from one end of such a stretch to the other. `names_font`: the font is named again before it, as
    before every right-to-left letter. `mark_left`, `mark_right`:
    direction marks for readers that turn right-to-left lines around by themselves (see `renderer.right_to_left`).
    """

    glyphs: list[Glyph]
    text: str
    right_to_left: bool = False
    from_right: bool = False
    whole: bool = False
    bridge: bool = False
    names_font: bool = False
    mark_left: str = ""
    mark_right: str = ""

    @property
    def extent(self) -> tuple[float, float]:
        """Left and right end, in pixels from the line's left end."""
        return min(glyph.left for glyph in self.glyphs), max(glyph.left + glyph.advance for glyph in self.glyphs)

    @property
    def plain(self) -> bool:
        """Whether one glyph with a width stands for one character."""
        return len(self.glyphs) == 1 == len(self.text) and self.glyphs[0].advance > 0

    @property
    def accented(self) -> bool:
        """Whether it is a right-to-left letter with accents: only its first glyph has a width."""
        letter = self.glyphs[0]
        return (
            self.right_to_left
            and letter.advance > 0
            and all(glyph.advance <= 0 for glyph in self.glyphs[1:])
            and all(unicodedata.category(character) == "Mn" for character in self.text[1:])
        )


@dataclass(slots=True)
class Simple:
    """A run in which every character is one glyph: (glyph, width, x offset, character) in Pango's units."""

    run: Run
    glyphs: list[tuple[int, int, int, str]]


def read_line(first_line: Any, text: str, stream: Any, line: RightToLeftLine | None) -> list[Piece | Simple]:
    """The pieces of a line in reading order; `line` says how they stand in a right-to-left line, if they do."""
    encoded = text.encode()
    if line is None and (simple := _simple_line(first_line, encoded, stream)) is not None:
        return simple
    runs = []
    left = 0.0
    node = first_line.runs
    while node != ffi.NULL:
        run, width = _read_run(node.data, encoded, stream, left)
        left += width
        runs.append(run)
        node = node.next
    if line is None and not any(run.right_to_left for run in runs):
        return [*itertools.chain.from_iterable(whole_words(run.pieces) for run in runs)]
    runs.sort(key=lambda run: run.start)
    if line is None:
        return list(_with_right_to_left_parts(runs))
    pieces = list(pieces_from_right(piece for run in runs for piece in run.pieces))
    add_marks(pieces, line)
    return [*pieces]


def _simple_line(first_line: Any, encoded: bytes, stream: Any) -> list[Piece | Simple] | None:
    """The line without an object for each glyph, if every character is one glyph on the line, from the left."""
    simple: list[Piece | Simple] = []
    left = 0.0
    node = first_line.runs
    while node != ffi.NULL:
        item, glyph_string = node.data.item, node.data.glyphs
        characters = encoded[item.offset : item.offset + item.length].decode()
        count = glyph_string.num_glyphs
        if count != len(characters) or item.analysis.level & 1:
            return None
        starts: list[int] = ffi.unpack(glyph_string.log_clusters, count)
        if any(later <= earlier for earlier, later in itertools.pairwise(starts)):
            return None
        raw = ffi.buffer(glyph_string.glyphs, count * GLYPH_STRUCT.size)
        glyphs = [
            (identifier, width, x_offset, character)
            for (identifier, width, x_offset, y_offset, _), character in zip(
                GLYPH_STRUCT.iter_unpack(raw), characters, strict=True
            )
            if not y_offset and (width > 0 or character == WORD_JOINER)
        ]
        if len(glyphs) < count:
            return None
        font, font_size = stream.add_font(item.analysis.font)
        run = Run(font, item.analysis.font, font_size, item.offset, left, item.analysis.level & LEVEL_BITS, [])
        simple.append(Simple(run, glyphs))
        left += sum(glyph[1] for glyph in glyphs) * FROM_UNITS
        node = node.next
    return simple


def _with_right_to_left_parts(runs: list[Run]) -> Iterator[Piece]:
    """A left-to-right line in which some words run the other way."""
    after_part = False
    base = min((run.level for run in runs if not run.right_to_left), default=-1)
    for inside, group in itertools.groupby(runs, key=lambda run: run.level > base):
        pieces = [piece for run in group for piece in run.pieces]
        if inside:
            bridge = Piece([glyph for piece in pieces for glyph in piece.glyphs], "", bridge=True)
            yield bridge
            yield from pieces_from_right(pieces)
            yield bridge
        else:
            words = list(whole_words(pieces))
            if after_part and words:
                words[0].mark_left = LEFT_TO_RIGHT_MARK
                # pypdf reads signs into the part before them until a letter comes or a font is named.
                for word in itertools.takewhile(lambda word: not any(map(str.isalnum, word.text)), words):
                    word.names_font = True
            yield from words
        after_part = inside


def whole_words(pieces: list[Piece]) -> Iterator[Piece]:
    """Words in which glyphs and characters are not one to one become one piece: no reader then mixes up their order."""
    for is_space, group in itertools.groupby(pieces, key=lambda piece: piece.text.isspace()):
        word = list(group)
        if is_space or all(piece.plain for piece in word):
            yield from word
        else:
            yield joined(word)


def pieces_from_right(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Right-to-left letters one by one, each with its marks; what stands left to right between them as wholes."""

    def kind(piece: Piece) -> str:
        if begins_right_to_left(piece.text):
            return "letter"
        return "space" if piece.right_to_left and piece.text.isspace() else "other"

    for of_kind, group in itertools.groupby(_with_marks(pieces), key=kind):
        stretch = list(group)
        if of_kind == "other":
            # Signs before a word stay by themselves: a reader takes the direction of a piece from its beginning.
            first = next((place for place, piece in enumerate(stretch) if not _is_sign(piece)), len(stretch))
            if not all(piece.right_to_left for piece in stretch[first:]):
                stretch = [*stretch[:first], joined(stretch[first:])]
        for piece in stretch:
            piece.from_right = True
            yield piece


def _is_sign(piece: Piece) -> bool:
    """A bracket, quotation mark or dash, but nothing that may belong to a number."""
    return piece.right_to_left and unicodedata.bidirectional(piece.text[0]) == "ON"


def _with_marks(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join what has no width of its own, such as a vowel point or the second half of a ligature, to what is before."""
    waiting: Piece | None = None
    for piece in pieces:
        if waiting is not None and sum(glyph.advance for glyph in piece.glyphs) <= 0:
            waiting = Piece(waiting.glyphs + piece.glyphs, waiting.text + piece.text, waiting.right_to_left)
            continue
        if waiting is not None:
            yield waiting
        waiting = piece
    if waiting is not None:
        yield waiting


def joined(pieces: list[Piece]) -> Piece:
    """One piece for all. Its glyphs run from the end at which a right-to-left reader begins, if it is one."""
    glyphs = [glyph for piece in pieces for glyph in piece.glyphs]
    return Piece(glyphs, "".join(piece.text for piece in pieces), whole=True)


def _read_run(glyph_item: Any, encoded: bytes, stream: Any, left: float) -> tuple[Run, float]:
    item, glyph_string = glyph_item.item, glyph_item.glyphs
    font, font_size = stream.add_font(item.analysis.font)
    run = Run(font, item.analysis.font, font_size, item.offset, left, item.analysis.level & LEVEL_BITS, [])
    count = glyph_string.num_glyphs
    starts: list[int] = ffi.unpack(glyph_string.log_clusters, count)
    scale = 1000 * FROM_UNITS / font_size
    glyphs = []
    position = left
    for identifier, width, x_offset, y_offset, _ in GLYPH_STRUCT.iter_unpack(
        ffi.buffer(glyph_string.glyphs, count * GLYPH_STRUCT.size)
    ):
        advance = width * FROM_UNITS
        glyphs.append(Glyph(identifier, run, position, advance, x_offset * scale, y_offset / 1000))
        position += advance
    run.pieces = list(_pieces(glyphs, starts, encoded[item.offset : item.offset + item.length]))
    if run.right_to_left:
        run.pieces.reverse()
    return run, position - left


def _pieces(glyphs: list[Glyph], starts: list[int], text: bytes) -> Iterator[Piece]:
    """Clusters from left to right, each with the text that its glyphs together stand for."""
    count = len(glyphs)
    right_to_left = glyphs[0].run.right_to_left
    if count == len(text) and not right_to_left:  # one byte, one glyph, left to right: plain Latin
        for glyph, character in zip(glyphs, text.decode(), strict=True):
            yield Piece([glyph], character)
        return
    ends = dict(itertools.pairwise([*sorted(set(starts)), len(text)]))
    first = 0
    while first < count:
        last = first + 1
        while last < count and starts[last] == starts[first]:
            last += 1
        letters = text[starts[first] : ends[starts[first]]].decode().replace(WORD_JOINER, "")
        if letters:
            yield Piece(glyphs[first:last], letters, right_to_left)
        first = last
