"""The same document as a Word file, for application forms that take nothing else.

Text order is that of the PDF; headings, lists, links and tables use Word's own styles, so that a parser sees structure.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from markdown_it.token import Token

from renderer import characters, limits, markdown
from renderer.body import starts_a_line
from renderer.direction import language_is_right_to_left, runs_right_to_left
from renderer.docx_language import font_of_east_asia, word_languages
from renderer.header import contact_items
from renderer.markdown import safe_address
from renderer.page import document_title
from renderer.request import RenderRequest
from renderer.setting import PAGE_MILLIMETRES

FONT = "Calibri"
LIST_STYLES = {"bullet_list_open": "List Bullet", "ordered_list_open": "List Number"}
AFTER_BIDI = tuple(
    f"w:{name}"
    for name in (
        *("adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing", "mirrorIndents", "suppressOverlap"),
        *("jc", "textDirection", "textAlignment", "textboxTightWrap", "outlineLvl", "divId", "cnfStyle", "rPr"),
        *("sectPr", "pPrChange"),
    )
)
"""What may only come after `w:bidi` among the properties of a paragraph (ECMA-376, CT_PPr)."""
FIXED_TIME = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ZIP_TIME = (2020, 1, 1, 0, 0, 0)


def render_docx(request: RenderRequest) -> bytes:
    """DOCX bytes; equal requests give equal bytes. Raises the same limit errors as a PDF render."""
    limits.check_raw(request.markdown)
    tokens = markdown.parse(characters.clean(request.markdown).text)
    limits.check_tokens(tokens)
    writer = DocxWriter(request)
    writer.write_header()
    writer.write_body(tokens)
    return writer.finished()


class DocxWriter:
    """Writes one document from top to bottom."""

    def __init__(self, request: RenderRequest) -> None:
        self._request = request
        self._right_to_left = language_is_right_to_left(request.language)
        self._document = Document()
        self._set_page()
        self._set_properties()
        self._levels: list[int] = []

    def write_header(self) -> None:
        """Name, label and contact line, as in the PDF."""
        contact = self._request.contact
        if name := _line(contact.name):
            self._add_run(self._paragraph("Title"), name)
        if label := _line(contact.label):
            self._add_run(self._paragraph("Subtitle"), label)
        items = contact_items(contact)
        if not items:
            return
        paragraph = self._paragraph()
        for index, item in enumerate(items):
            if index:
                paragraph.add_run(" · ")
            text = _line(item.text)
            if item.address:
                self._add_link(paragraph, item.address, text, bold=False, italic=False)
            else:
                self._add_run(paragraph, text)

    def write_body(self, tokens: Sequence[Token]) -> None:
        """Every block in order. Lists nest through Word's list styles, at most three deep, as Word has them."""
        lists: list[str] = []
        numberings: list[int] = []
        number: int | None = None
        style: str | None = None
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.type == "heading_open":
                style = f"Heading {self._heading_level(int(token.tag[1]))}"
            elif token.type in LIST_STYLES:
                lists.append(LIST_STYLES[token.type])
                depth = min(len(lists), 3)
                list_style = lists[-1] if depth == 1 else f"{lists[-1]} {depth}"
                start = token.attrGet("start")
                ordered = token.type == "ordered_list_open"
                numberings.append(self._numbering(list_style, 1 if start is None else int(start)) if ordered else 0)
            elif token.type in {"bullet_list_close", "ordered_list_close"}:
                lists.pop()
                numberings.pop()
            elif token.type == "list_item_open":
                depth = min(len(lists), 3)
                style = lists[-1] if depth == 1 else f"{lists[-1]} {depth}"
                number = numberings[-1]
            elif token.type == "inline":
                paragraph = self._paragraph(style)
                if number:
                    paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
                    paragraph._p.pPr.numPr.get_or_add_ilvl().val = 0
                    number = None
                self._add_inline(paragraph, token.children or [])
                style = "List Continue" if lists else None
            elif token.type in {"heading_close", "list_item_close"}:
                style = None
            elif token.type in {"fence", "code_block"}:
                text = f"{token.info}\n{token.content}" if token.info else token.content
                self._add_run(self._paragraph(), text.rstrip("\n"))
            elif token.type == "table_open":
                index = self._add_table(tokens, index)
            index += 1

    def finished(self) -> bytes:
        """The file with every time stamp fixed."""
        raw = io.BytesIO()
        self._document.save(raw)
        target = io.BytesIO()
        with ZipFile(raw) as source, ZipFile(target, "w", ZIP_DEFLATED) as output:
            for name in source.namelist():
                output.writestr(ZipInfo(name, ZIP_TIME), source.read(name), ZIP_DEFLATED)
        return target.getvalue()

    def _set_page(self) -> None:
        width, height = PAGE_MILLIMETRES[self._request.page_size]
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(width), Mm(height)
        section.left_margin = section.right_margin = Mm(20)
        section.top_margin = section.bottom_margin = Mm(18)
        normal = self._document.styles["Normal"]
        normal.font.name, normal.font.size = FONT, Pt(10.5)
        normal.paragraph_format.space_after = Pt(3)
        self._set_language()

    def _set_language(self) -> None:
        """For the whole document: what the spelling is checked by, and the fonts of scripts that Calibri lacks."""
        defaults = self._document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
        language = defaults.find(qn("w:lang"))
        for attribute, value in word_languages(self._request.language).items():
            language.set(qn(f"w:{attribute}"), value)
        if font := font_of_east_asia(self._request.language):
            for style in self._document.styles:
                fonts = style.element.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
                if fonts is not None:  # a style that names a font of its own, headings among them
                    fonts.attrib.pop(qn("w:eastAsiaTheme"), None)
                    fonts.set(qn("w:eastAsia"), font)

    def _set_properties(self) -> None:
        properties = self._document.core_properties
        properties.title = document_title(self._request)[:255]
        properties.author = _line(self._request.contact.name)[:255]
        properties.keywords = ", ".join(self._request.keywords)[:255]
        properties.language = self._request.language
        properties.comments = ""
        properties.created = properties.modified = FIXED_TIME

    def _heading_level(self, level: int) -> int:
        while self._levels and self._levels[-1] >= level:
            self._levels.pop()
        self._levels.append(level)
        return len(self._levels)

    def _numbering(self, style: str, start: int) -> int:
        """A count of its own for one list: lists of a style share one, and the second would go on from the first."""
        definitions = self._document.part.numbering_part.numbering_definitions._numbering
        of_style = self._document.styles[style].element.pPr.numPr.numId.val
        numbering = definitions.add_num(definitions.num_having_numId(of_style).abstractNumId.val)
        numbering.add_lvlOverride(ilvl=0).add_startOverride(start)
        return int(numbering.numId)

    def _paragraph(self, style: str | None = None) -> Any:
        paragraph = self._document.add_paragraph(style=style)
        self._set_direction(paragraph)
        return paragraph

    def _set_direction(self, paragraph: Any) -> None:
        if self._right_to_left:
            paragraph.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT  # the start side, once `bidi` is set
            properties = paragraph._p.get_or_add_pPr()
            properties.insert_element_before(OxmlElement("w:bidi"), *AFTER_BIDI)

    def _add_table(self, tokens: Sequence[Token], start: int) -> int:
        rows: list[list[Token]] = []
        index = start
        while tokens[index].type != "table_close":
            if tokens[index].type == "tr_open":
                rows.append([])
            elif tokens[index].type == "inline":
                rows[-1].append(tokens[index])
            index += 1
        table = self._document.add_table(rows=len(rows), cols=max(len(row) for row in rows))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, content in zip(row.cells, cells, strict=False):
                self._set_direction(cell.paragraphs[0])
                self._add_inline(cell.paragraphs[0], content.children or [])
        return index

    def _add_inline(self, paragraph: Any, tokens: Sequence[Token]) -> None:
        bold = italic = 0
        address: str | None = None
        for index, token in enumerate(tokens):
            if token.type in {"strong_open", "strong_close"}:
                bold += token.nesting
            elif token.type in {"em_open", "em_close"}:
                italic += token.nesting
            elif token.type == "link_open":
                address = safe_address(token.attrGet("href"))
            elif token.type == "link_close":
                address = None
            elif token.type in {"text", "text_special", "code_inline"} and address:
                self._add_link(paragraph, address, token.content, bold=bold > 0, italic=italic > 0)
            elif token.type in {"text", "text_special", "code_inline"}:
                self._add_run(paragraph, token.content, bold=bold > 0, italic=italic > 0)
            elif token.type == "hardbreak" or (token.type == "softbreak" and starts_a_line(tokens, index + 1)):
                paragraph.add_run().add_break()
            elif token.type == "softbreak":
                paragraph.add_run(" ")

    def _add_link(self, paragraph: Any, address: str, text: str, *, bold: bool, italic: bool) -> None:
        relation = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), relation)
        link.append(self._add_run(paragraph, text, bold=bold, italic=italic)._r)
        paragraph._p.append(link)

    def _add_run(self, paragraph: Any, text: str, *, bold: bool = False, italic: bool = False) -> Any:
        run = paragraph.add_run(text)
        run.bold, run.italic = bold or None, italic or None
        if any(map(runs_right_to_left, text)):  # Word has settings of their own for how such letters run and look
            run.font.rtl = True
            run.font.cs_bold, run.font.cs_italic = bold or None, italic or None
        return run


def _line(text: str) -> str:
    return " ".join(characters.clean(text).text.split())
