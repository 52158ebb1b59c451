"""Keywords of a document: what it lists, for the file's metadata.

A list is told by its form, in any language: a line of at least three short pieces with commas between them, with or
without a label before a colon, as people write skills, tools and languages. No dates, no sentences.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

MOST_KEYWORDS = 30
FEWEST_PIECES = 3
LONGEST_PIECE = 30
MOST_WORDS = 3
SEPARATOR = re.compile(r"[,;、，；،]\s*")
LABEL = re.compile(r"^[^:：]{1,40}[:：]\s*")
SENTENCE_OR_DATE = re.compile(r"[.!?。]$|(?:19|20)\d\d")


def keywords_of(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The first keywords in the order of the document, each once.

    >>> from renderer.markdown import parse
    >>> keywords_of(parse("**Languages:** Java, Go, C++"))
    ('Java', 'Go', 'C++')
    """
    found: dict[str, str] = {}
    for line in _lines(tokens):
        for piece in _pieces(line):
            found.setdefault(piece.casefold(), piece)
    return tuple(found.values())[:MOST_KEYWORDS]


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    for before, block in itertools.pairwise(tokens):
        if block.type == "inline" and before.type == "paragraph_open":
            text = "".join(
                "\n" if child.type in {"softbreak", "hardbreak"} else child.content for child in block.children or ()
            )
            yield from text.split("\n")


def _pieces(line: str) -> list[str]:
    line = LABEL.sub("", line.strip())
    pieces = [piece.strip() for piece in SEPARATOR.split(line) if piece.strip()]
    if len(pieces) < FEWEST_PIECES or SENTENCE_OR_DATE.search(line):
        return []
    if any(len(piece) > LONGEST_PIECE or len(piece.split()) > MOST_WORDS for piece in pieces):
        return []
    return pieces
