"""Text that runs past the edge of the page's content area: found in the finished layout, so it is never silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from weasyprint.formatting_structure.boxes import ParentBox, TextBox

TOLERANCE_PIXELS = 2.0
QUOTED_CHARACTERS = 40


def overflowing_text(pages: Iterable[Any]) -> str:
    """The beginning of the first text that ends outside the margins, or an empty string."""
    for page in pages:
        box = page._page_box
        left = box.content_box_x() - TOLERANCE_PIXELS
        right = box.content_box_x() + box.width + TOLERANCE_PIXELS
        for text in text_boxes(box):
            if text.position_x < left or text.position_x + text.width > right:
                return str(text.text).strip()[:QUOTED_CHARACTERS]
    return ""


def text_boxes(box: Any) -> Iterator[Any]:
    """All text boxes below a box, in order. Iterative: a deep document must not exhaust the stack."""
    waiting = [box]
    while waiting:
        current = waiting.pop()
        if isinstance(current, TextBox):
            if current.text.strip():
                yield current
        elif isinstance(current, ParentBox):
            waiting.extend(reversed(current.children))
