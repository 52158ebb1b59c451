"""The whole page as an element tree: a template's skeleton with its slots filled.

`template.html` is well-formed XML whose elements carry `data-slot`: `name`, `label`, `contact`, `links`, `body`.
An element whose slot stays empty is removed.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from pathlib import Path
from unicodedata import east_asian_width
from xml.etree.ElementTree import Element, SubElement, parse

from markdown_it.token import Token

from renderer.body import append_body
from renderer.direction import language_is_right_to_left
from renderer.header import ContactItem, contact_items
from renderer.request import RenderRequest, Template
from renderer.wrapping import keep_words_whole

TEMPLATES_FOLDER = Path(__file__).parent / "templates"
GENERATOR = "CVstomize"
ONE_LINE = 66  # letters and separators of the contact that surely fit on one line of every template
LONGEST_UNBROKEN = 30  # characters of a contact item that surely fit on a line


@functools.cache
def skeleton(template: Template) -> Element:
    """The parsed `template.html`; callers copy it."""
    return parse(TEMPLATES_FOLDER / template / "template.html").getroot()  # noqa: S314 - our own file


def build_page(request: RenderRequest, tokens: Sequence[Token]) -> Element:
    """Element tree of the page. The request's texts are already cleaned and its tokens within the limits."""
    root = copy.deepcopy(skeleton(request.template))
    right_to_left = language_is_right_to_left(request.language)
    root.set("lang", request.language)
    root.set("dir", "rtl" if right_to_left else "ltr")
    head, body = root[0], root[1]
    _fill_head(head, request)
    contact = request.contact
    items = contact_items(contact)
    lines = contact_lines(items)
    slots: dict[str, bool] = {
        "name": _fill_text(_slot(body, "name"), contact.name),
        "label": _fill_text(_slot(body, "label"), contact.label),
        "contact": _fill_contact(_slot(body, "contact"), lines[0], right_to_left),
        "links": _fill_contact(_slot(body, "links"), lines[1], right_to_left),
        "body": True,
    }
    append_body(_slot(body, "body"), tokens, outer_level=1 if slots["name"] else 0, right_to_left=right_to_left)
    _remove_empty(body, {name for name, filled in slots.items() if not filled})
    return root


def contact_lines(items: Sequence[ContactItem]) -> tuple[list[ContactItem], list[ContactItem]]:
    """How to reach the person, and where to look further; a few short items share one line."""
    width = sum(sum(1 + (east_asian_width(letter) in "WF") for letter in item.text) + 3 for item in items)
    if width <= ONE_LINE:
        return list(items), []
    return [item for item in items if item.personal], [item for item in items if not item.personal]


def document_title(request: RenderRequest) -> str:
    """Title for the reader's window and for search: given, else the name, else the generator."""
    return request.title.strip() or request.contact.name.strip() or GENERATOR


def _fill_head(head: Element, request: RenderRequest) -> None:
    SubElement(head, "title").text = document_title(request)
    metadata = {
        "author": request.contact.name.strip(),
        "keywords": ", ".join(keyword.strip() for keyword in request.keywords if keyword.strip()),
        "generator": GENERATOR,
    }
    for name, content in metadata.items():
        if content:
            SubElement(head, "meta", {"name": name, "content": content})


def _slot(root: Element, name: str) -> Element:
    element = root.find(f".//*[@data-slot='{name}']")
    if element is None:
        raise ValueError(f"template without a {name} slot")
    return element


def _fill_text(element: Element, text: str) -> bool:
    line = " ".join(text.split())
    element.text = keep_words_whole(line)
    return bool(line)


def _fill_contact(element: Element, items: Sequence[ContactItem], right_to_left: bool) -> bool:
    separator = element.get("data-separator", " · ")
    for index, item in enumerate(items):
        node = SubElement(element, "a", {"href": item.address}) if item.address else SubElement(element, "span")
        node.set("class", item.kind if len(item.text) > LONGEST_UNBROKEN else f"{item.kind} whole")
        if right_to_left and item.kind != "place":
            node.set("dir", "ltr")  # digits and addresses keep their order between right-to-left neighbours
        node.text = keep_words_whole(" ".join(item.text.split()))
        if index + 1 < len(items):
            node.tail = separator
    return bool(items)


def _remove_empty(root: Element, empty: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("data-slot") in empty:
                parent.remove(child)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "header" and len(child) == 0:
                parent.remove(child)
