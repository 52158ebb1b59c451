"""Computed styles outlive the document: the next one of this process in the same setting finds them ready.

A style is what the rules that match an element make of its parent's style. Our rules look at names, classes and
direction of an element, of those around it and of the one before it, and never at what a document says. So elements in
the same *place* look the same, in one document or in two. WeasyPrint matches every rule against every element and
shares styles among the children of one parent only, its bullets not even there: that was a fifth of a render.

The language of a document belongs to its place, too. Elements with a style of their own are left to the library.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

import cssselect2  # type: ignore[import-untyped]
import weasyprint.css as css_module
import weasyprint.document as document_module
from weasyprint.css import StyleFor
from weasyprint.html import get_html_metadata

MOST_KEPT = 500
"""Styles, and places, per page style. A resume has about sixty; only nesting without end has more."""

SEEN = ("class", "dir", "lang")
"""The attributes that our rules look at."""

_numbers = itertools.count(1)


def install() -> None:
    """Keep the styles of every document of this process."""
    css_module.StyleFor = KeptStyleFor
    # Nothing but our own sheets has a say, so nobody needs to search the tree for others.
    css_module.find_stylesheets = lambda *_: ()
    document_module.get_html_metadata = metadata_of_head


def metadata_of_head(document: Any) -> dict[str, Any]:
    """Title, author and keywords stand in the head; the library searches the whole tree."""
    root = document.etree_element
    head = cssselect2.ElementWrapper.from_html_root(root[0], content_language=None)
    metadata: dict[str, Any] = get_html_metadata(SimpleNamespace(etree_element=root, wrapper_element=head))
    return metadata


class KeptStyleFor(StyleFor):  # type: ignore[misc]
    """The styles of a document's elements, as far as possible those of earlier documents."""

    def __init__(self, html: Any, sheets: Any, hints: bool, font_config: Any, target_collector: Any) -> None:
        # They live as long as the sheet with the page's setting, the last of a document's sheets.
        keeper = sheets[-1][0].__dict__
        self._kept: dict[Any, Any] = keeper.setdefault("kept_styles", {})
        self._of_document: dict[Any, Any] = {}
        places: dict[int, dict[str | None, Any]] = keeper.setdefault("kept_places", {})
        numbers: dict[Any, int] = keeper.setdefault("place_numbers", {})
        found = places_of(html.etree_element, numbers)
        if all(place in places for _, place in found):
            self._cascaded_styles: dict[Any, Any] = {}
            self._sheets, self.font_config = sheets, font_config
            self.initial_page_sizes = {"box": None, "area": None}
            self._computed_styles = {
                (element, pseudo): style for element, place in found for pseudo, style in places[place].items()
            }
            return
        super().__init__(html, sheets, hints, font_config, target_collector)
        if len(numbers) >= MOST_KEPT:
            numbers.clear()
            places.clear()
        by_element: dict[Any, dict[str | None, Any]] = {}
        for (element, pseudo), style in self._computed_styles.items():
            by_element.setdefault(element, {})[pseudo] = style
        for element, place in found:
            if place and by_element[element][None].is_kept:
                places.setdefault(place, by_element[element])

    def set_computed_styles(
        self, element: Any, parent: Any, root: Any = None, pseudo_type: str | None = None, **options: Any
    ) -> None:
        """Compute the style, or take that of an element with the same declarations below the same parent style."""
        if not isinstance(element, Element):  # the page itself, whose style changes with its number
            super().set_computed_styles(element, parent, root=root, pseudo_type=pseudo_type, **options)
            return
        computed = self._computed_styles
        above = 0 if parent is None else computed[parent, None].number
        declarations = self._cascaded_styles.get((element, pseudo_type), {})
        # The language comes from an attribute and is told by its letters; every other declaration by its identity,
        # because it stands in a sheet that lives as long as the style that was made of it.
        key = (
            above,
            pseudo_type,
            tuple(
                (name, value if name == "lang" else id(value), weight) for name, (value, weight) in declarations.items()
            ),
        )
        style = self._kept.get(key) or self._of_document.get(key)
        if style is None:
            super().set_computed_styles(element, parent, root=root, pseudo_type=pseudo_type, **options)
            style = computed[element, pseudo_type]
            style.number = next(_numbers)
            style.is_kept = "style" not in element.attrib and (parent is None or computed[parent, None].is_kept)
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            (self._kept if style.is_kept else self._of_document)[key] = style
        computed[element, pseudo_type] = style


def places_of(root: Element, numbers: dict[Any, int]) -> list[tuple[Element, int]]:
    """Every element with the number of its place: all that a rule of ours can tell it by.

    0 is no place: an element with a style of its own, and all below it.
    """
    found: list[tuple[Element, int]] = []
    waiting: list[tuple[Element, int, str]] = [(root, -1, "")]
    while waiting:
        element, above, before = waiting.pop()
        attributes = element.attrib
        place = 0
        if above and "style" not in attributes:
            key = (above, element.tag, before, *map(attributes.get, SEEN))
            if (known := numbers.get(key)) is None:
                known = numbers[key] = next(_numbers)
            place = known
        found.append((element, place))
        before = ""
        for child in element:
            waiting.append((child, place, before))
            before = child.tag
    return found
