"""Lists and headings as word processors, mail programs and web pages leave them, made Markdown before it is parsed.

Their bullets are letters of symbol fonts, their spaces after a marker do not break, and a dash may be a bullet. Taken
literally they are lost (a letter of a symbol font has no shape elsewhere) or run together into one paragraph.
"""

from __future__ import annotations

import re

SPACE = "[ \\t\\u00a0]"
# The last ones are Wingdings and Symbol, which such programs write into the private use area.
BULLETS = "•●▪■◦○‣⁃∙·➢➤►▶➔❖◆✦✓✔✅⚫\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc\uf076\uf06e\uf02d"
BULLET = re.compile(rf"^({SPACE}*)(?:[{BULLETS}]{SPACE}+|[o§]\t{SPACE}*)(?=\S)", re.MULTILINE)
DASH = re.compile(rf"^({SPACE}*)[–—]{SPACE}+(?=\S)")
ITEM = re.compile(rf"^{SPACE}*(?:[-+*]|\d{{1,3}}[.)]){SPACE}")
MARKER = re.compile(rf"^({SPACE}*)([-+*>]|\d{{1,3}}[.)]|\#{{1,6}})({SPACE}+)(?=\S)", re.MULTILINE)


def as_markdown(text: str) -> str:
    """The text with Markdown's own markers in the place of pasted ones.

    >>> as_markdown("· one\\n◆ two\\n-\\u00a0three")
    '- one\\n- two\\n- three'
    """
    text = BULLET.sub(lambda match: f"{_spaces(match[1])}- ", text)
    if "–" in text or "—" in text:
        text = "\n".join(_dashes_as_items(text.split("\n")))
    if "\u00a0" not in text:
        return text
    return MARKER.sub(lambda match: f"{_spaces(match[1])}{match[2]}{_spaces(match[3])}", text)


def _dashes_as_items(lines: list[str]) -> list[str]:
    """Several lines with dashes, or one in a list, are items; one alone may be a name below a quotation."""
    written: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        dash = DASH.match(line)
        if dash and (DASH.match(following) or (written and ITEM.match(written[-1]))):
            line = f"{_spaces(dash[1])}- {line[dash.end() :]}"
        written.append(line)
    return written


def _spaces(text: str) -> str:
    return text.replace("\u00a0", " ")
