"""Right-to-left lines: what every reader of a PDF needs to give such a line back in the order in which it is read.

Letters are written from right to left at their places. That is enough for readers that follow the order of writing
(pypdf, pdfminer.six). Two things are for the others:

- poppler sorts a line by place and turns it around itself. It takes punctuation, digits and spaces beside them for
  left-to-right text, so `a, b` comes out as ` ,ab`. A right-to-left mark (U+200F) in the ActualText of such a sign
  tells it where the left-to-right text ends. It also counts letters, so more marks outweigh Latin ones.
- pdfminer.six orders blocks by their left edge. A space as wide as the rest of the line gives all lines the same one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from renderer.direction import runs_right_to_left
from renderer.lines import lines
from renderer.overflow import text_boxes

if TYPE_CHECKING:
    from renderer.glyphs import Piece

RIGHT_TO_LEFT_MARK = "\u200f"
LEFT_TO_RIGHT_MARK = "\u200e"
MOST_MARKS = 200
NEUTRAL = frozenset({"ON", "WS"})  # what poppler counts neither to the letters nor to the numbers


@dataclass(frozen=True, slots=True)
class RightToLeftLine:
    """Where a text box stands in its line: the character before and after it, and the marks that its line lacks.

    `rest` is the distance from the left edge of the page's content to the box, in pixels, for the last box of a line.
    """

    before: str
    after: str
    missing_marks: int
    rest: float


def place_lines(pages: Iterable[Any]) -> None:
    """Set `right_to_left_line` on every text box of a right-to-left line."""
    for page in pages:
        left = page._page_box.content_box_x()
        marked, surplus = [], 0
        of_page = list(lines(page._page_box))
        if not any(line.style["direction"] == "rtl" for line in of_page):
            continue
        for line in of_page:
            boxes = list(text_boxes(line))
            text = "".join(box.text for box in boxes)
            if line.style["direction"] == "rtl" and any(map(runs_right_to_left, text)):
                marked.append(boxes)
                continue
            # A reader that counts the letters of a whole page counts those of other lines, too.
            surplus += _surplus_of_left(text)
            if line.style["direction"] == "rtl":
                _place(boxes, left, 0)
        for boxes in marked:
            wanted = surplus + _surplus_of_left("".join(box.text for box in boxes))
            _place(boxes, left, missing := min(wanted, MOST_MARKS))
            surplus = wanted - missing


def _place(boxes: list[Any], left: float, missing: int) -> None:
    texts = [box.text for box in boxes]
    for index, box in enumerate(boxes):
        before = texts[index - 1][-1:] if index else ""
        after = texts[index + 1][:1] if index + 1 < len(boxes) else ""
        rest = box.position_x - left if index + 1 == len(boxes) else 0.0
        box.right_to_left_line = RightToLeftLine(before, after, missing, rest)
        missing = 0


def _surplus_of_left(text: str) -> int:
    """How many right-to-left letters a line lacks to be one in the eyes of a reader that counts letters."""
    directions = [unicodedata.bidirectional(character) for character in text]
    return max(0, directions.count("L") + 1 - sum(map(runs_right_to_left, text)))


def begins_right_to_left(text: str) -> bool:
    """Whether the first character is a right-to-left letter."""
    return runs_right_to_left(text[0])


def add_marks(pieces: list[Piece], line: RightToLeftLine) -> None:
    """Marks on the spaces and signs of one text box, in reading order, that do not stand between letters."""
    missing = line.missing_marks
    for index, piece in enumerate(pieces):
        if piece.whole:
            if unicodedata.bidirectional(piece.text[-1]) in NEUTRAL:
                piece.mark_right = LEFT_TO_RIGHT_MARK
            continue
        if runs_right_to_left(piece.text[0]):
            continue
        before = pieces[index - 1].text[-1:] if index else line.before
        after = pieces[index + 1].text[:1] if index + 1 < len(pieces) else line.after
        if before and not runs_right_to_left(before) and (index == 0 or pieces[index - 1].whole):
            piece.mark_right = RIGHT_TO_LEFT_MARK
        if after and not runs_right_to_left(after):
            piece.mark_left = RIGHT_TO_LEFT_MARK
        if missing:
            piece.mark_left = RIGHT_TO_LEFT_MARK * missing
            missing = 0
