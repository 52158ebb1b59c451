"""Between a person's words and Markdown: words in, literal Markdown out, and back.

`5*3*2=30`, `__init__`, `C#`, `<script>` are things people did, not formatting. What is escaped here is shown letter
for letter by every CommonMark reader; `plain_text` is the way back, used wherever a page is searched or checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

_INLINE = re.compile(r"[\\`*\[\]<]|_(?![^\W_])|(?<![^\W_])_|~(?=~)|(?<=~)~|&(?=#?\w{1,32};)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_LINE_START = re.compile(r"(?:>|#{1,6}(?=\s|$)|[-+>=](?=\s|$|[-=>])|~|\||:{3,})")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_LINK = re.compile(r"!?\[((?:[^\[\]\\]|\\.)*)\]\((?:[^()\\\s]|\\.)*\)")
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|(?<![^\W_])_{1,3}(?=[^\s_])|(?<=[^\s_])_{1,3}(?![^\W_])|`+)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_ITEM = re.compile(r"^\s*(?:[-+*]|\d{1,9}[.)])\s+")


@dataclass(frozen=True, slots=True)
class MarkdownLine:
    """A line as a reader sees it. `level` 0 is text, 1-6 a heading; `section` is the level-2 heading above it."""

    number: int
    level: int
    text: str
    section: str


def one_line(text: str) -> str:
    """The text on one line: line breaks of every kind and control characters become one space."""
    return " ".join(_CONTROL.sub(" ", text).split())


def literal(text: str) -> str:
    """The text as Markdown that shows it letter for letter, anywhere in a line but at its start."""
    return _INLINE.sub(lambda match: "\\" + match.group(), one_line(text))


def literal_start(text: str) -> str:
    """As `literal`, for the start of a line or list item, where `#`, `-`, `1.` would begin something."""
    escaped = literal(text)
    numbered = _NUMBERED.match(escaped)
    if numbered:
        return f"{numbered[1]}\\{escaped[numbered.end(1) :]}"
    return "\\" + escaped if _LINE_START.match(escaped) else escaped


def literal_heading(text: str) -> str:
    """As `literal`, for a heading, where `#` signs after a space would be taken for a closing mark."""
    escaped = literal(text)
    return re.sub(r"(?:(?<=\s)|^)(#+)$", lambda match: "\\" + "\\".join(match.group(1)), escaped)


def web_link(url: str) -> str:
    """A Markdown link that shows host and path, or "" when the address is not plain http or https."""
    cleaned = url.strip()
    if not re.fullmatch(r"https?://[^\s<>\"'`\\]{1,500}", cleaned, re.IGNORECASE):
        return ""
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    shown = parts.netloc.removeprefix("www.") + parts.path.rstrip("/")
    target = cleaned.replace("(", "%28").replace(")", "%29").replace("*", "%2A").replace("[", "%5B").replace("]", "%5D")
    return f"[{literal(shown)}]({target})"


def plain_text(markdown: str) -> str:
    """What a reader sees of one line of Markdown: marks of emphasis, links and escapes gone."""
    without_links = _LINK.sub(lambda match: match.group(1), markdown)
    kept = without_links.replace("\\\\", "\0")
    kept = _EMPHASIS.sub("", kept)
    return _ESCAPE.sub(r"\1", kept).replace("\0", "\\")


def markdown_lines(markdown: str) -> Iterator[MarkdownLine]:
    """The lines that are not empty, with the section each stands in. Linear in the length."""
    section = ""
    for number, raw in enumerate(markdown.splitlines(), start=1):
        if not raw.strip():
            continue
        heading = _HEADING.match(raw)
        if heading:
            text = plain_text(heading.group(2) or "").strip()
            level = len(heading.group(1))
            section = text if level <= 2 else section
            yield MarkdownLine(number, level, text, section)
            continue
        yield MarkdownLine(number, 0, plain_text(_ITEM.sub("", raw, count=1)).strip(), section)
