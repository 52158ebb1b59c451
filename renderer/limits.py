"""How much document a resume may be, counted in what a render costs rather than in bytes.

Measured on WeasyPrint: 20 kB of `- a` lines cost 11.7 s, a two-column table of the same size 8 s, while 60 kB of prose
cost one. So blocks, rows, columns, nesting and word length are bounded, each with a message that says what to change.
The function is pure: the API calls it before it stores an edit, the render process calls it again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from renderer import characters
from renderer.errors import DocumentTooComplex, DocumentTooLarge

if TYPE_CHECKING:
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, all inclusive. Bytes are UTF-8; a word is a run without a place to break the line."""

    document_bytes: int = 100_000
    lines: int = 2_000
    blocks: int = 700
    inlines: int = 4_000
    brackets: int = 1_000
    formatting_marks: int = 8_000
    table_rows: int = 100
    table_columns: int = 8
    table_cells: int = 300
    nesting: int = 8
    word_characters: int = 1_000
    contact_characters: int = 300
    contact_links: int = 20
    pages: int = 20


LIMITS = Limits()

# A line breaks at spaces and beside letters of scripts written without them.
BREAKABLE = "\\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
UNBREAKABLE = re.compile(f"[^{BREAKABLE}]{{{LIMITS.word_characters + 1},}}")
NESTED_LINE = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+", re.MULTILINE)
CONTAINER_MARK = re.compile(r">|[-+*](?=[ \t])|\d{1,9}[.)]")
DELIMITER_RUN = re.compile(r"[*_`\[\]!~]{60,}")


def check(text: str) -> None:
    """Raise `DocumentTooLarge` or `DocumentTooComplex` if `text` may not be rendered.

    Linear in the text: everything that could make the parser itself slow is refused before it runs.
    """
    from renderer import markdown  # its parser is 60 modules: whoever only starts a pool does not wait for them

    check_raw(text)
    check_tokens(markdown.parse(characters.clean(text).text))


def check_size(text: str) -> None:
    """The only limit that is cheap enough for any text, however large."""
    size = len(text) if len(text) > LIMITS.document_bytes else len(text.encode("utf-8", "surrogatepass"))
    if size > LIMITS.document_bytes:
        raise DocumentTooLarge(
            f"The document has {size:,} bytes; at most {LIMITS.document_bytes:,} are allowed. Shorten it."
        )


def check_raw(text: str) -> None:
    """The limits that need no parser."""
    check_size(text)
    lines = text.count("\n") + 1
    if lines > LIMITS.lines:
        raise DocumentTooComplex(f"The document has {lines:,} lines; at most {LIMITS.lines:,} are allowed. Shorten it.")
    if UNBREAKABLE.search(text):
        raise DocumentTooComplex(
            f"A word is longer than {LIMITS.word_characters:,} characters. Remove it, or put spaces into it."
        )
    if characters.has_override(text):
        raise DocumentTooComplex(
            "The text contains a bidirectional override (U+202D or U+202E), which makes the page show other words than "
            "the text holds. Remove it; right-to-left text needs no such mark."
        )
    if characters.longest_mark_run(text) > characters.MAXIMUM_MARKS:
        raise DocumentTooComplex(
            f"A letter carries more than {characters.MAXIMUM_MARKS} accents. Remove the stacked marks."
        )
    if DELIMITER_RUN.search(text):
        raise DocumentTooComplex("A run of more than 60 formatting marks (* _ ` [ ]) stands in one place. Remove it.")
    # The parser looks from each of these for its partner, so its time grows with the square of their number.
    for marks, limit, what in (
        ("[", LIMITS.brackets, "brackets"),
        ("*_`", LIMITS.formatting_marks, "formatting marks"),
    ):
        _refuse_above(sum(map(text.count, marks)), limit, what)
    for match in NESTED_LINE.finditer(text):
        if len(CONTAINER_MARK.findall(match.group())) > LIMITS.nesting:
            raise DocumentTooComplex(_nesting_message())


def check_tokens(tokens: list[Token]) -> None:
    """The limits on what the parser found."""
    blocks = inlines = rows = cells = columns = 0
    for token in tokens:
        if token.nesting >= 0 and not token.hidden and token.type != "inline":
            blocks += 1
        if token.level > 2 * LIMITS.nesting:
            raise DocumentTooComplex(_nesting_message())
        if token.type == "inline" and token.children:
            inlines += len(token.children)
            if any(child.level > LIMITS.nesting for child in token.children):
                raise DocumentTooComplex(_nesting_message())
        elif token.type == "table_open":
            rows = 0
        elif token.type == "tr_open":
            rows += 1
            columns = 0
        elif token.type in {"td_open", "th_open"}:
            cells += 1
            columns += 1
        _refuse_above(rows, LIMITS.table_rows, "rows in one table")
        _refuse_above(columns, LIMITS.table_columns, "columns in one table")
        _refuse_above(cells, LIMITS.table_cells, "table cells")
        _refuse_above(blocks, LIMITS.blocks, "paragraphs, headings and list items")
        _refuse_above(inlines, LIMITS.inlines, "formatted pieces of text")


def check_pages(pages: int) -> None:
    """The limit that only a finished layout can tell."""
    _refuse_above(pages, LIMITS.pages, "pages")


def _refuse_above(count: int, limit: int, what: str) -> None:
    if count > limit:
        raise DocumentTooComplex(f"The document has more than {limit:,} {what}. Shorten it.")


def _nesting_message() -> str:
    return f"Lists, quotes or emphasis are nested more than {LIMITS.nesting} deep. Flatten them."
