"""Plain text to lines. Indentation and length stand in for the coordinates of a page."""

from __future__ import annotations

import re

from api.profile.importer.draft import Source
from api.profile.importer.errors import UnreadableDocument
from api.profile.importer.lines import Line, Segment, clean_text, close_letters, split_lines, take_bullet

MAX_LINES = 5_000
MAX_CHARACTERS = 400_000
CHARACTER_WIDTH = 5.0
_UNDERLINE = re.compile(r"^\s*[=\-_~*#]{3,}\s*$")
_MARKDOWN_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")


def decode_text(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with a mark, or else Windows-1252.

    Raises:
        UnreadableDocument: the bytes are no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(data, "utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" in data:
            raise UnreadableDocument("unsupported_type") from None
        return _strict(data, "cp1252")


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument("unsupported_type") from error


def read_text_lines(text: str) -> list[Line]:
    """Return the lines of a plain text or Markdown resume."""
    if len(text) > MAX_CHARACTERS:
        raise UnreadableDocument("too_much_text")
    raw = split_lines(text)[:MAX_LINES]
    width = max((len(line.rstrip()) for line in raw), default=0)
    lines: list[Line] = []
    gap = None
    for number, content in enumerate(raw, start=1):
        content = clean_text(content.expandtabs(4)).rstrip()
        if not content.strip() or _UNDERLINE.match(content):
            gap = 1.6 if lines else None
            continue
        heading = _MARKDOWN_HEADING.match(content)
        level = len(heading[1]) if heading else None
        line = _line(heading[2] if heading else content, number, gap, width, level)
        lines.append(take_bullet(line))
        gap = 0.4
    if sum(len(line.plain) for line in lines) < 10:
        raise UnreadableDocument("no_text")
    return lines


def _line(content: str, number: int, gap: float | None, width: int, level: int | None) -> Line:
    bold = bool(re.match(r"^\s*(?:[-*+]\s+)?\*\*[^*]+\*\*", content))
    bare = re.sub(r"\*\*([^*]+)\*\*|__([^_]+)__", lambda match: match[1] or match[2], content)
    bare = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+|mailto:[^)\s]+)\)", r"\1 \2", bare)
    bare = re.sub(r"^(\s*)([*_])(?=\S)(.+)(?<=\S)\2\s*$", r"\1\3", bare)
    indent = len(bare) - len(bare.lstrip())
    segments: list[Segment] = []
    for match in re.finditer(r"\S+(?:\s{1,2}\S+)*", close_letters(bare) if indent == 0 else bare):
        start, end = match.span()
        segments.append(
            Segment(
                re.sub(r"\s+", " ", match[0]),
                start * CHARACTER_WIDTH,
                end * CHARACTER_WIDTH,
                number * 12.0,
                number * 12.0 + 10,
                bold=bold or level is not None,
            )
        )
    total = width * CHARACTER_WIDTH
    return Line(
        tuple(segments),
        Source(line=number),
        gap,
        level=level,
        column_width=total,
        column_x1=total,
        wraps=width <= 140,
    )
