"""The Word file says the same as the PDF, in the same order."""

import io
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from benchmarks.ats_proof import corpus, missing_in_order, normalise
from renderer import Contact, DocumentTooComplex, RenderRequest
from renderer.docx import render_docx


def text_of(data: bytes) -> str:
    """Paragraph texts with links, and table cells, in document order."""
    document = Document(io.BytesIO(data))
    words = []
    for node in document.element.body.iter():
        if node.tag.endswith("}t"):
            words.append(node.text or "")
        elif node.tag.endswith(("}p", "}br")):
            words.append("\n")
        elif node.tag.endswith("}tab"):
            words.append("\t")
    return "".join(words)


@pytest.mark.parametrize("person", corpus(), ids=lambda person: person.name)
def test_reads_in_the_same_order_as_the_page(person) -> None:  # type: ignore[no-untyped-def]
    data = render_docx(person.request("classic", "A4"))
    assert missing_in_order(person.expected(), text_of(data)) == []


def test_equal_requests_give_equal_bytes() -> None:
    request = RenderRequest("## Skills\n\n- SQL", Contact("Ada Example"))
    assert render_docx(request) == render_docx(request)


def test_headings_and_lists_use_word_styles_and_links_are_real() -> None:
    request = RenderRequest(
        "## Skills\n\n### Data\n\n- [SQL](https://example.com)\n", Contact("Ada", email="a@example.com")
    )
    document = Document(io.BytesIO(render_docx(request)))
    assert [paragraph.style.name for paragraph in document.paragraphs] == [
        "Title",
        "Normal",
        "Heading 1",
        "Heading 2",
        "List Bullet",
    ]
    targets = {relation.target_ref for relation in document.part.rels.values() if relation.is_external}
    assert targets == {"https://example.com", "mailto:a@example.com"}
    assert document.core_properties.author == "Ada"


def test_every_numbered_list_counts_from_its_own_start() -> None:
    markdown = "1. a\n2. b\n   1. c\n3. d\n\ntext\n\n7. e\n8. f\n\n- g\n"
    document = Document(io.BytesIO(render_docx(RenderRequest(markdown, Contact("Ada")))))
    numbering = document.part.numbering_part.numbering_definitions._numbering

    def list_and_start(paragraph: Any) -> tuple[int, int] | None:
        properties = paragraph._p.pPr
        if properties is None or properties.numPr is None:
            return None
        number = properties.numPr.numId.val
        return number, int(numbering.num_having_numId(number).find(f".//{qn('w:startOverride')}").get(qn("w:val")))

    found = {paragraph.text: list_and_start(paragraph) for paragraph in document.paragraphs}
    (first, one), (nested, also_one), (second, seven) = found["a"], found["c"], found["e"]
    assert (one, also_one, seven) == (1, 1, 7)
    assert found["b"] == found["d"] == (first, 1)
    assert found["f"] == (second, 7)
    assert len({first, nested, second}) == 3
    assert found["text"] is None


@pytest.mark.parametrize(
    ("language", "attributes", "font"),
    [
        ("de-CH", {"val": "de-CH", "eastAsia": "en-US", "bidi": "ar-SA"}, None),
        ("ja", {"val": "en-US", "eastAsia": "ja"}, "Yu Gothic"),
        ("zh-Hant-TW", {"val": "en-US", "eastAsia": "zh-Hant-TW"}, "Microsoft JhengHei"),
        ("zh-Hans", {"val": "en-US", "eastAsia": "zh-Hans"}, "Microsoft YaHei"),
        ("he", {"val": "en-US", "bidi": "he"}, None),
    ],
)
def test_word_checks_the_document_s_language_and_has_its_letters(
    language: str, attributes: dict[str, str], font: str | None
) -> None:
    document = Document(io.BytesIO(render_docx(RenderRequest("## A\n", Contact("Ada"), language=language))))
    [found] = document.styles.element.iterfind(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert {name: found.get(qn(f"w:{name}")) for name in attributes} == attributes
    for style in ("Normal", "Heading 1"):
        fonts = document.styles[style].element.find(f".//{qn('w:rFonts')}")
        assert fonts is not None
        assert font is None or fonts.get(qn("w:eastAsia")) == font


def test_right_to_left_is_said_in_the_order_the_format_wants() -> None:
    request = RenderRequest("## ניסיון\n\n**מהנדסת** Python\n", Contact("עדה"), language="he")
    document = Document(io.BytesIO(render_docx(request)))
    for paragraph in document.paragraphs:
        names = [child.tag.rpartition("}")[2] for child in paragraph._p.pPr]
        assert names.index("bidi") < names.index("jc")
    bold, latin = (run for run in document.paragraphs[-1].runs if run.text)
    assert (bold.font.rtl, bold.font.bold, bold.font.cs_bold) == (True, True, True)
    assert latin.font.rtl is None


def test_limits_hold_here_too() -> None:
    with pytest.raises(DocumentTooComplex):
        render_docx(RenderRequest("- a\n" * 1_500, Contact("Ada")))


def test_raw_html_is_text() -> None:
    data = render_docx(RenderRequest("<b>x</b> & <script>", Contact("Ada")))
    assert "<b>x</b> & <script>" in normalise(text_of(data))
