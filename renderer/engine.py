"""WeasyPrint behind one call. Imported only in render processes: one engine a process, never shared by threads.

Fonts, style sheets and the coverage table are read once and reused by every render of the process.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
from collections.abc import Sequence
from typing import Any, NoReturn
from xml.etree.ElementTree import Element

import cssselect2  # type: ignore[import-untyped]
from markdown_it.token import Token

from renderer import characters, limits, markdown
from renderer.coverage import Coverage, use_own_fonts
from renderer.direction import language_tag
from renderer.fallback import font_families
from renderer.fit import largest_fitting
from renderer.header import contact_items
from renderer.identity import content_hash, renderer_version
from renderer.keywords import keywords_of
from renderer.page import TEMPLATES_FOLDER, build_page
from renderer.request import TEMPLATES, Contact, Link, RenderRequest, RenderResult, RenderWarning, Template
from renderer.setting import Setting, page_style, template_data

use_own_fonts()

import weasyprint  # noqa: E402 - the fonts it may see are decided first
from weasyprint.css.counters import CounterStyle  # noqa: E402
from weasyprint.html import UA_COUNTER_STYLE  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import URLFetcher  # noqa: E402

from renderer import drawing, kept_styles, serialising, shortcuts  # noqa: E402
from renderer.lines import finish_lines  # noqa: E402
from renderer.overflow import overflowing_text  # noqa: E402
from renderer.right_to_left import place_lines  # noqa: E402
from renderer.structure import complete_list_items  # noqa: E402

drawing.install()
serialising.install()
kept_styles.install()
shortcuts.install()

logging.getLogger("weasyprint").setLevel(logging.ERROR)


MOST_PAGE_STYLES = 8  # each with the styles computed below it, about a megabyte


class RefusingFetcher(URLFetcher):  # type: ignore[misc]
    """Nothing a document names is ever opened."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> NoReturn:
        raise ValueError(f"not opened: {url[:100]}")


class TreeDocument(weasyprint.HTML):  # type: ignore[misc]
    """A WeasyPrint document over a tree that was built, not parsed, with our base style as the only defaults."""

    def __init__(self, root: Element, defaults: Sequence[weasyprint.CSS]) -> None:
        self.base_url = None
        self.url_fetcher = RefusingFetcher()
        self.media_type = "print"
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element
        self._defaults = list(defaults)

    def _ua_stylesheets(self, forms: bool = False) -> list[weasyprint.CSS]:
        return self._defaults


class Engine:
    """Renders requests one after the other."""

    @classmethod
    @functools.cache
    def shared(cls) -> Engine:
        """The one engine of this process and of the processes forked from it."""
        return cls()

    def __init__(self) -> None:
        renderer_version()  # computed once here, inherited by every fork
        self._fonts = FontConfiguration()
        self._coverage = Coverage()
        self._page_style = functools.lru_cache(MOST_PAGE_STYLES)(self._style)
        self._base = self._style((TEMPLATES_FOLDER / "base.css").read_text(encoding="utf-8"))
        self._styles: dict[Template, weasyprint.CSS] = {
            template: self._style((TEMPLATES_FOLDER / template / "style.css").read_text(encoding="utf-8"))
            for template in TEMPLATES
        }

    def render(self, request: RenderRequest) -> RenderResult:
        """The PDF with its warnings; raises `DocumentTooLarge` or `DocumentTooComplex`."""
        identifier = content_hash(request)
        limits.check_raw(request.markdown)
        warnings: list[RenderWarning] = []
        request = self._drawable(request, warnings)
        tokens = markdown.parse(request.markdown)
        limits.check_tokens(tokens)
        request = dataclasses.replace(request, keywords=request.keywords or keywords_of(tokens))
        document = self._lay_out(request, tokens, warnings)
        limits.check_pages(len(document.pages))
        finish_lines(document.pages)
        if overflowing := overflowing_text(document.pages):
            warnings.append(
                RenderWarning(
                    "overflow", f"Text runs past the page margin near “{overflowing}”. Put a space into the long word."
                )
            )
        place_lines(document.pages)
        pdf: bytes = document.write_pdf(
            finisher=complete_list_items, pdf_variant="pdf/ua-1", pdf_identifier=bytes.fromhex(identifier[:32])
        )
        return RenderResult(pdf, len(document.pages), tuple(warnings), identifier)

    def _lay_out(self, request: RenderRequest, tokens: Sequence[Token], warnings: list[RenderWarning]) -> Any:
        data = template_data(request.template)
        contact = request.contact
        everything = "".join(
            [
                markdown.visible_text(tokens),
                contact.name,
                contact.label,
                *(item.text for item in contact_items(contact)),
            ]
        )
        families = font_families(data.family, data.fallback, request.language, everything)
        documents: dict[int, Any] = {}

        def document_at(index: int) -> Any:
            if index not in documents:
                documents[index] = self._document(request, tokens, data.settings[index], families)
            return documents[index]

        if request.page_target is None:
            return document_at(data.default)
        target = request.page_target
        fit = largest_fitting(lambda index: len(document_at(index).pages), len(data.settings), data.default, target)
        if not fit.fits:
            pages = len(document_at(fit.index).pages)
            warnings.append(
                RenderWarning(
                    "page_target_missed",
                    f"The resume does not fit {target} page(s) in readable type; it takes {pages}. Shorten it.",
                )
            )
        elif fit.index > data.default:
            size = data.settings[fit.index].size
            warnings.append(RenderWarning("shrunk_text", f"The text was set at {size:g} pt to fit {target} page(s)."))
        return document_at(fit.index)

    def _document(self, request: RenderRequest, tokens: Sequence[Token], setting: Setting, families: list[str]) -> Any:
        page = TreeDocument(build_page(request, tokens), [self._base])
        styles = [self._styles[request.template], self._page_style(page_style(setting, request.page_size, families))]
        return page.render(
            font_config=self._fonts,
            counter_style=CounterStyle(UA_COUNTER_STYLE),
            stylesheets=styles,
            pdf_variant="pdf/ua-1",
        )

    def _style(self, text: str) -> weasyprint.CSS:
        return weasyprint.CSS(
            string=text, font_config=self._fonts, counter_style=CounterStyle(), url_fetcher=RefusingFetcher()
        )

    def _drawable(self, request: RenderRequest, warnings: list[RenderWarning]) -> RenderRequest:
        """The request with every text cleaned and every character that no font draws replaced, both reported."""
        removed: set[str] = set()
        missing: set[str] = set()

        def drawable(text: str) -> str:
            result = characters.clean(text)
            removed.update(result.removed)
            found = self._coverage.missing(result.text)
            missing.update(found)
            return result.text.translate({ord(character): self._coverage.replacement for character in found})

        contact = request.contact
        cleaned = dataclasses.replace(
            request,
            markdown=drawable(request.markdown),
            title=characters.clean(request.title).text,
            language=language_tag(request.language),
            contact=Contact(
                **{
                    field.name: drawable(getattr(contact, field.name))
                    for field in dataclasses.fields(Contact)
                    if field.name != "links"
                },
                links=tuple(
                    Link(drawable(link.network), drawable(link.username), drawable(link.url)) for link in contact.links
                ),
            ),
        )
        if removed:
            warnings.append(
                RenderWarning(
                    "removed_characters",
                    f"Invisible characters were removed: {', '.join(sorted(removed))}.",
                    tuple(sorted(removed)),
                )
            )
        if missing:
            names = ", ".join(f"{character} (U+{ord(character):04X})" for character in sorted(missing))
            warnings.append(
                RenderWarning(
                    "missing_glyphs",
                    f"No available font draws {names}; each is shown as {self._coverage.replacement}.",
                    tuple(sorted(missing)),
                )
            )
        return cleaned
