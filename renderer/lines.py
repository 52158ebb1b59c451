"""What a finished layout still lacks in its lines, put right before anything is measured or drawn.

- WeasyPrint applies `text-indent` to the left edge of a right-to-left line too: bullets do not hang, and a full first
  line runs into the left margin. Such a line is moved to where the indent belongs.
- A line of contact items that wraps ends with the sign that was to separate it from the next one. The sign goes.
- pdftotext takes a line of single letters for one word set wide: `• a b c` comes out as `•abc`. Where one of them is
  longer it does not, so the last one stands for its letter and a space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from weasyprint.formatting_structure.boxes import LineBox, ParentBox, TextBox

from renderer.direction import runs_right_to_left
from renderer.overflow import text_boxes

CONTACT = "contact"


def finish_lines(pages: Iterable[Any]) -> None:
    """Hang the first lines of right-to-left items; end lines of contact items with an item."""
    for page in pages:
        for line in lines(page._page_box):
            if line.style["direction"] == "rtl" and line.text_indent:
                line.translate(-line.text_indent)
            if CONTACT in line.element.get("class", "").split():
                _drop_separator_at_end(line)
            end_single_letters(line)


def end_single_letters(line: Any) -> None:
    """Mark the last text of a line of single letters, signs or digits."""
    boxes = list(text_boxes(line))
    if not boxes or len(boxes[0].text.split(maxsplit=1)[0]) > 1:  # most lines of prose end here, after their first word
        return
    words = " ".join(box.text for box in boxes).split()
    if len(words) > 1 and all(len(word) == 1 and not runs_right_to_left(word) for word in words):
        boxes[-1].ends_single_letters = True


def lines(box: Any) -> Iterator[Any]:
    """All lines below a box. Iterative: a deep document must not exhaust the stack."""
    waiting = [box]
    while waiting:
        current = waiting.pop()
        if isinstance(current, LineBox):
            yield current
        elif isinstance(current, ParentBox):
            waiting.extend(current.children)


def _drop_separator_at_end(line: Any) -> None:
    *items, last = line.children
    if not items or not isinstance(last, TextBox) or any(character.isalnum() for character in last.text):
        return
    line.children = items
    if line.style["text_align_all"] == "center":
        line.translate(last.width / 2 if line.style["direction"] == "ltr" else -last.width / 2)
