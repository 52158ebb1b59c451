"""Which lines start something and which go on with the line before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from api.profile.importer.lines import Line, join_wrapped
from api.profile.rules.dates import find_range

Role = Literal["bullet", "wrap", "text"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text that may have run over several lines, and the line it began on."""

    text: str
    line: Line
    bullet: bool = False


def line_roles(lines: Sequence[Line]) -> list[Role]:
    """Return for each line whether it is a list item, goes on with the item before, or stands by itself."""
    roles: list[Role] = []
    item: Line | None = None
    for index, line in enumerate(lines):
        if line.bullet:
            roles.append("bullet")
            item = line
        elif item is not None and _continues_item(line, lines[index - 1], item):
            roles.append("wrap")
        else:
            roles.append("text")
            item = None
    return roles


def _continues_item(line: Line, before: Line, item: Line) -> bool:
    if not line.wraps or len(line.segments) > 1 or line.x0 < item.mark_x0 - 2:
        return False
    if (
        line.gap is not None
        and before.gap is not None
        and line.gap > max(1.0, 0.6 + (before.gap if before is not item else 0.6))
    ):
        return False
    other_page = line.gap is None
    if abs(line.size - item.size) > 0.6 or (line.bold and not item.bold):
        return False
    indented = line.x0 >= item.x0 - 2.5 and line.x0 > item.mark_x0 + 1.5
    if indented and not (other_page and not is_full(before, line)):
        return True
    if line.gap is not None and item.gap is not None and line.gap > item.gap + 0.25:
        return False  # set apart more than the items from each other
    found = find_range(line.text)
    if found is not None and len(line.plain) - (found[1][1] - found[1][0]) < 40:
        return False
    return is_full(before, line) and _goes_on(before.plain, line.plain)


def is_full(line: Line, following: Line) -> bool:
    """Tell whether the first word of the following line had no place at the end of this one."""
    if not line.wraps:
        return False
    width = (line.x1 - line.x0) / max(len(line.plain), 1)
    word = following.plain.split(" ", 1)[0]
    return line.x1 + (len(word) + 1) * width >= line.column_x1 - 0.05 * line.column_width


def _goes_on(before: str, after: str) -> bool:
    return not re.search(r"[.!?;:]$", before) or after[:1].islower()


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """Join wrapped lines into list items and paragraphs."""
    result: list[Paragraph] = []
    open_lines: list[Line] = []
    is_item = False

    def close() -> None:
        if open_lines:
            result.append(Paragraph(join_wrapped([part.plain for part in open_lines]), open_lines[0], is_item))
            open_lines.clear()

    for line, role in zip(lines, line_roles(lines), strict=True):
        goes_on = role == "wrap" or (
            role == "text" and open_lines and not is_item and _continues_text(line, open_lines[-1])
        )
        if not goes_on:
            close()
            is_item = role == "bullet"
        open_lines.append(line)
    close()
    return result


def _continues_text(line: Line, before: Line) -> bool:
    same_look = line.look[:3] == before.look[:3] or (is_full(before, line) and line.plain[:1].islower())
    near = line.gap is None or line.gap <= 0.9
    return (
        line.wraps
        and same_look
        and near
        and len(before.segments) == 1
        and (is_full(before, line) or line.plain[:1].islower() or before.plain.endswith("-"))
    )
