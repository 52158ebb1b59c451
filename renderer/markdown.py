"""Markdown as resumes use it: what a person typed stays on the page, letter for letter.

CommonMark, narrowed where it loses or changes words: raw HTML is text, images are their description, link reference
definitions and indented code do not exist, `5*3*2` and `__init__` are literal. Bullets pasted from a word processor
become list items.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from renderer.block_rules import list_without_years, table_with_every_cell
from renderer.pasted import as_markdown

DISABLED_RULES = ["image", "html_inline", "html_block", "code", "reference"]
IDENTIFIER = re.compile(r"__\w+?__(?!\w)")
IMAGE = re.compile(r"!\[([^\[\]\n]{0,500})\]\(([^()\s]{0,2000})\)")
NETWORK_PATH = re.compile(r"\\\\(?=\w[\w.$-]*\\)")
BARE_URL = re.compile(r"(?<![^\W_])https?://[^\s<>\"'`|]{1,2000}")
TRAILING_PUNCTUATION = ".,;:!?)]}*_"
LONG_WORD = re.compile(r"\S{30,}")
EMPHASIS = frozenset({"strong_open", "strong_close", "em_open", "em_close"})
SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)


def identifier(state: StateInline, silent: bool) -> bool:
    """`__init__` is a name, not bold text."""
    match = IDENTIFIER.match(state.src, state.pos, state.posMax)
    if match is None or (state.pos > 0 and state.src[state.pos - 1].isalnum()):
        return False
    if not silent:
        state.pending += match.group()
    state.pos = match.end()
    return True


def network_path(state: StateInline, silent: bool) -> bool:
    r"""`\\server\share` keeps both backslashes; elsewhere two of them are one that was escaped."""
    match = NETWORK_PATH.match(state.src, state.pos, state.posMax)
    if match is None or (state.pos > 0 and (state.src[state.pos - 1].isalnum() or state.src[state.pos - 1] in ":\\")):
        return False
    if not silent:
        state.pending += match.group()
    state.pos = match.end()
    return True


def arithmetic(state: StateInline, silent: bool) -> bool:
    """An asterisk between letters or digits of a spaced script is a sign, as in `5*3*2` and `a*b`.

    Chinese, Japanese and Thai have no spaces, so there emphasis inside a run of letters stays possible.
    """
    source, start = state.src, state.pos
    if source[start] != "*":
        return False
    end = start
    while end < state.posMax and source[end] == "*":
        end += 1
    if start == 0 or end >= state.posMax or not (_spaced_letter(source[start - 1]) and _spaced_letter(source[end])):
        return False
    if not silent:
        state.pending += source[start:end]
    state.pos = end
    return True


def emphasis_without_spaces(state: StateInline, silent: bool) -> bool:
    """`**「引用」**を見る` is bold: CommonMark looks for a space behind the bracket, and such scripts have none."""
    start = state.pos
    if silent or state.src[start] != "*":
        return False
    run = state.scanDelims(start, True)
    before, after = state.src[start - 1 : start] or " ", state.src[start + run.length : start + run.length + 1] or " "
    if (run.can_open and run.can_close) or not (_spaceless(before) or _spaceless(after)):
        return False
    for _ in range(run.length):
        token = state.push("text", "", 0)
        token.content = "*"
        opens, closes = run.can_open or not after.isspace(), run.can_close or not before.isspace()
        place = len(state.tokens) - 1
        state.delimiters.append(
            Delimiter(marker=ord("*"), length=run.length, token=place, end=-1, open=opens, close=closes)
        )
    state.pos += run.length
    return True


def image_as_text(state: StateInline, silent: bool) -> bool:
    """`![alt](address)` shows its description and its address; nothing is opened."""
    match = IMAGE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        description, address = match.groups()
        state.pending += f"{description} ({address})" if description else address
    state.pos = match.end()
    return True


def link_bare_urls(state: StateCore) -> None:
    """An address in running text becomes a link whose text is the address itself."""
    for block in state.tokens:
        if block.type != "inline" or "://" not in block.content or block.children is None:
            continue
        children: list[Token] = []
        inside_link = 0
        for token in block.children:
            inside_link += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            children += [token] if inside_link or token.type != "text" else _split_at_urls(token, state.md)
        block.children = children


def show_bare_links(state: StateCore) -> None:
    """A link without a text shows its address: a person typed it, and nobody could see it."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children: list[Token] = []
        opened: Token | None = None
        for token in block.children:
            if token.type == "link_open":
                opened = token
            elif token.content.strip():
                opened = None
            elif token.type == "link_close" and opened is not None:
                address = state.md.normalizeLinkText(str(opened.attrGet("href") or ""))
                children.append(Token("text", "", 0, content=address, level=token.level + 1))
            children.append(token)
        block.children = children


def no_emphasis_inside_long_words(state: StateCore) -> None:
    """Emphasis that begins or ends inside a long word is taken off: such a word could no longer be wrapped."""
    for block in state.tokens:
        if block.type == "inline" and block.children and any(token.type in EMPHASIS for token in block.children):
            block.children = _whole_words(block.children)


def _whole_words(tokens: list[Token]) -> list[Token]:
    text = ""
    places: list[int] = []
    for token in tokens:
        places.append(len(text))
        text += " " if token.type in {"softbreak", "hardbreak"} else token.content
    long_words = [match.span() for match in LONG_WORD.finditer(text)]
    dropped: set[int] = set()
    open_tokens: list[int] = []
    for index, token in enumerate(tokens):
        if token.type not in EMPHASIS:
            continue
        if token.nesting == 1:
            open_tokens.append(index)
            continue
        pair = {open_tokens.pop(), index}
        if any(first < places[place] < last for place in pair for first, last in long_words):
            dropped |= pair
    return [token for index, token in enumerate(tokens) if index not in dropped]


def _split_at_urls(token: Token, markdown: MarkdownIt) -> Iterator[Token]:
    text, position = token.content, 0
    for match in BARE_URL.finditer(text):
        address = match.group().rstrip(TRAILING_PUNCTUATION)
        if address.count("(") > address.count(")") and match.group()[len(address) :].startswith(")"):
            address += ")"
        if text[position : match.start()]:
            yield Token("text", "", 0, content=text[position : match.start()], level=token.level)
        yield Token("link_open", "a", 1, attrs={"href": markdown.normalizeLink(address)}, level=token.level)
        yield Token("text", "", 0, content=address, level=token.level + 1)
        yield Token("link_close", "a", -1, level=token.level)
        position = match.start() + len(address)
    if text[position:]:
        yield Token("text", "", 0, content=text[position:], level=token.level)


@functools.cache
def parser() -> MarkdownIt:
    """The one configured parser. It keeps no state between documents."""
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 40})
    markdown.enable("table").disable(DISABLED_RULES)
    ruler = markdown.inline.ruler
    ruler.before("escape", "network_path", network_path)
    ruler.before("emphasis", "identifier", identifier)
    ruler.before("emphasis", "arithmetic", arithmetic)
    ruler.before("emphasis", "emphasis_without_spaces", emphasis_without_spaces)
    ruler.before("link", "image_as_text", image_as_text)
    # Both may interrupt what the rules that they replace may.
    markdown.block.ruler.at("list", list_without_years, {"alt": ["paragraph", "reference", "blockquote"]})
    markdown.block.ruler.at("table", table_with_every_cell, {"alt": ["paragraph", "reference"]})
    markdown.core.ruler.push("show_bare_links", show_bare_links)
    markdown.core.ruler.push("no_emphasis_inside_long_words", no_emphasis_inside_long_words)
    markdown.core.ruler.push("link_bare_urls", link_bare_urls)
    return markdown


def parse(text: str) -> list[Token]:
    """Tokens of a cleaned document (see `renderer.characters.clean`)."""
    return parser().parse(as_markdown(text))


def safe_address(address: object) -> str | None:
    """The address if a reader may follow it from a PDF, else None: then the text stands without a link."""
    text = str(address).strip()
    return text if SAFE_LINK.match(text) else None


def visible_text(tokens: Iterable[Token]) -> str:
    """What a reader must see of the document, in reading order, blocks separated by line feeds.

    The measure of every extraction test. List markers and rules are decoration and not part of it.
    """
    return "".join(_visible(tokens)).strip()


def _visible(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield from _visible(token.children or [])
            yield "\n"
        elif token.type in {"text", "code_inline", "text_special"}:
            yield token.content
        elif token.type in {"fence", "code_block"}:
            yield f"{token.info}\n{token.content}" if token.info else token.content
        elif token.type in {"softbreak", "hardbreak"}:
            yield "\n"


def _spaced_letter(character: str) -> bool:
    return character.isalnum() and character < "\u0e00"


def _spaceless(character: str) -> bool:
    """A letter or sign of Chinese, Japanese or Korean."""
    return "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af" or "\uff00" <= character <= "\uffef"
