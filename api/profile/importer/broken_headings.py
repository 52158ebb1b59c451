"""Headings that run over two or three lines, in a narrow column or in the margin beside their section."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from api.profile.importer.lines import Line, Segment

MAX_PIECES = 3
MAX_PIECE_LENGTH = 30
LOOK_AHEAD = 6
"""Lines of the section that may stand between two lines of its heading in the margin."""

HeadingKind = Callable[[str], str | None]


def join_headings(lines: Sequence[Line], heading_kind: HeadingKind) -> list[Line]:
    """Return the lines with broken headings as lines of their own, in front of what they head.

    Pieces are joined only when they stand under one another, look alike, and together are a known heading that their
    first piece is not: "PERSONAL" over "PROFILE".
    """
    result = list(lines)
    index = 0
    while index < len(result):
        pieces = _pieces(result, index)
        for count in range(len(pieces), 1, -1):
            found = pieces[:count]
            text = " ".join(result[position].segments[0].text.strip() for position in found)
            if heading_kind(text) is None or not _is_one_heading(result, found, heading_kind):
                continue
            heading = replace(result[index], segments=(replace(result[index].segments[0], text=text),))
            for position in reversed(found):
                _take_first_segment(result, position)
            result.insert(index, heading)
            break
        index += 1
    return result


def _pieces(lines: Sequence[Line], start: int) -> list[int]:
    """Return the indexes of lines whose first segments stand under the first one of `start` and look like it."""
    found = [start]
    if not _may_be_piece(lines[start]):
        return found
    for index in range(start + 1, min(start + 1 + LOOK_AHEAD, len(lines))):
        line, last = lines[index], lines[found[-1]].segments[0]
        first = line.segments[0]
        if first.x0 > last.x1 + 3:
            continue  # the section beside the heading
        if not _may_be_piece(line) or not _stands_under(first, last) or line.source.page != lines[start].source.page:
            break
        found.append(index)
        if len(found) == MAX_PIECES:
            break
    return found


def _may_be_piece(line: Line) -> bool:
    text = line.segments[0].text
    return (
        not line.bullet and len(text) <= MAX_PIECE_LENGTH and not any(char.isdigit() or char in "@:." for char in text)
    )


def _stands_under(segment: Segment, above: Segment) -> bool:
    is_alike = (round(segment.size, 1), segment.bold, segment.color) == (round(above.size, 1), above.bold, above.color)
    is_near = -0.2 * above.size <= segment.top - above.bottom <= 0.8 * above.size
    is_aligned = abs(segment.x0 - above.x0) <= 2 or abs(segment.x1 - above.x1) <= 2
    is_centred = abs((segment.x0 + segment.x1) - (above.x0 + above.x1)) <= 4
    return is_alike and is_near and (is_aligned or is_centred)


def _is_one_heading(lines: Sequence[Line], pieces: Sequence[int], heading_kind: HeadingKind) -> bool:
    """Beside their section they are one. Elsewhere two headings under one another are two, unless one of them cannot
    stand alone ("Education" over "and training").
    """
    is_in_margin = pieces[-1] - pieces[0] >= len(pieces) or any(len(lines[index].segments) > 1 for index in pieces)
    stands_out = lines[pieces[0]].segments[0].bold or lines[pieces[0]].capitals
    texts = [lines[index].segments[0].text.strip() for index in pieces[:2]]
    return is_in_margin or (stands_out and any(heading_kind(text) is None for text in texts))


def _take_first_segment(lines: list[Line], index: int) -> None:
    rest = lines[index].segments[1:]
    if rest:
        lines[index] = replace(lines[index], segments=rest, gap=0.0)
    else:
        del lines[index]
