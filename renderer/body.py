"""Markdown tokens to an element tree, with the structure a resume has.

The tree is built directly and never parsed from text, so nothing a person wrote can become markup. Heading levels are
renumbered without gaps below the name, each top heading opens a section, and the lines that must stay with what
follows them are marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from markdown_it.token import Token

from renderer.direction import is_right_to_left
from renderer.markdown import safe_address
from renderer.wrapping import keep_words_whole

CELL_SEPARATOR = " · "

TAGS = {
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "paragraph": "p",
    "blockquote": "blockquote",
    # A table is set row by row, one line a row: columns side by side are read down before they are read across.
    "table": "div",
    "thead": "div",
    "tbody": "div",
    "tr": "p",
    "th": "span",
    "td": "span",
    "strong": "strong",
    "em": "em",
}


def append_body(parent: Element, tokens: Sequence[Token], outer_level: int, right_to_left: bool) -> None:
    """Put the document below `parent`.

    `outer_level` is the level of the heading above the body: 1 when the name is the h1, 0 without a header.
    """
    stack = [parent]
    section: Element | None = None
    open_levels: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
            depth = min(outer_level + len(open_levels), 6)
            if len(open_levels) == 1 and len(stack) == 1:
                section = SubElement(parent, "section")
            home = section if section is not None and len(stack) == 1 else stack[-1]
            stack.append(SubElement(home, f"h{depth}"))
        elif token.type == "inline":
            _append_inline(stack[-1], token.children or [])
            if is_right_to_left(token.content, right_to_left) != right_to_left:
                stack[-1].set("dir", "ltr" if right_to_left else "rtl")
        elif token.type in {"fence", "code_block"}:
            home = section if section is not None and len(stack) == 1 else stack[-1]
            text = token.content.rstrip("\n")
            SubElement(home, "pre").text = f"{token.info}\n{text}" if token.info else text
        elif token.type == "hr":
            home = section if section is not None and len(stack) == 1 else stack[-1]
            SubElement(home, "hr")
        elif token.nesting == 1:
            home = section if section is not None and len(stack) == 1 else stack[-1]
            tag = "div" if token.hidden else TAGS[token.type.removesuffix("_open")]
            element = SubElement(home, tag)
            if tag == "ol" and (start := token.attrGet("start")) is not None:
                element.set("style", f"counter-reset: list-item {int(start) - 1}")
            if token.type == "table_open":
                element.set("class", "table")
            elif token.type in {"th_open", "td_open"} and len(home) > 1:
                home[-2].tail = CELL_SEPARATOR
            elif token.type == "thead_open":
                element.set("class", "head")
            stack.append(element)
        elif token.nesting == -1:
            stack.pop()
    _mark_lines(parent)


def _append_inline(parent: Element, tokens: Sequence[Token]) -> None:
    stack = [parent]
    for index, token in enumerate(tokens):
        if token.type in {"text", "text_special"}:
            _append_text(stack[-1], token.content)
        elif token.type == "code_inline":
            SubElement(stack[-1], "code").text = keep_words_whole(token.content)
        elif token.type == "softbreak":
            if starts_a_line(tokens, index + 1):
                SubElement(stack[-1], "br")
            else:
                _append_text(stack[-1], "\n")
        elif token.type == "hardbreak":
            SubElement(stack[-1], "br")
        elif token.type == "link_open":
            address = safe_address(token.attrGet("href"))
            element = SubElement(stack[-1], "a" if address else "span")
            if address:
                element.set("href", address)
            stack.append(element)
        elif token.nesting == 1:
            stack.append(SubElement(stack[-1], TAGS[token.type.removesuffix("_open")]))
        elif token.nesting == -1:
            stack.pop()


def _append_text(parent: Element, text: str) -> None:
    text = keep_words_whole(text)
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def starts_a_line(tokens: Sequence[Token], index: int) -> bool:
    """`**Group:** a, b` on a line of its own was meant as a line of its own."""
    while index < len(tokens) and tokens[index].type == "text" and not tokens[index].content:
        index += 1
    return index < len(tokens) and tokens[index].type == "strong_open"


def _mark_lines(root: Element) -> None:
    """Class `line` on paragraphs that introduce what follows: a lone emphasised line below a heading, a bold role.

    They keep with the next block, as headings do. The last child of a container introduces nothing.
    """
    for container in [root, *root.iter("section"), *root.iter("blockquote")]:
        children = list(container)
        for index, element in enumerate(children):
            if element.tag != "p" or not _is_one_emphasis(element):
                continue
            after_heading = index > 0 and children[index - 1].tag in {"h1", "h2", "h3", "h4", "h5", "h6"}
            if after_heading:
                element.set("class", "meta")
            if index + 1 < len(children) and children[index + 1].tag in {"ul", "ol", "p", "table"}:
                element.set("class", f"{element.get('class', '')} line".strip())


def _is_one_emphasis(element: Element) -> bool:
    children = [child for child in element if child.tag != "br"]
    return (
        bool(children)
        and not (element.text or "").strip()
        and all(child.tag in {"em", "strong"} and not (child.tail or "").strip() for child in children)
    )
