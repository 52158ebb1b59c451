"""Tagged PDF: a screen reader gets the structure that an eye sees."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pdfua
import pikepdf
import pytest

from benchmarks.ats_proof import corpus
from renderer import TEMPLATES, Contact, Link, RenderResult, Template

Render = Callable[..., RenderResult]
MARKDOWN = """## Experience

### Engineer, Example Works
*2019 – Present*

- Built [a tool](https://example.com/tool) for __init__ files

## Skills

- Python
- SQL

---

| Year | Award |
|------|-------|
| 2020 | Prize |
"""
CONTACT = Contact(
    "Ada Example", "Engineer", "ada@example.com", links=(Link("GitHub", "ada", "https://github.com/ada"),)
)


def structure(document: pikepdf.Pdf) -> Iterator[str]:
    """Structure types from the top down, as `H1`, `Sect`, `L`."""

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, pikepdf.Array):
            for child in node:
                yield from walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node and node.get("/Type") != "/OBJR":
                yield str(node.S)[1:]
            if "/K" in node:
                yield from walk(node.K)

    yield from walk(document.Root.StructTreeRoot.K)


@pytest.fixture(params=TEMPLATES)
def document(request: pytest.FixtureRequest, render: Render) -> Iterator[pikepdf.Pdf]:
    result = render(MARKDOWN, CONTACT, template=request.param, title="Ada’s resume", keywords=("SQL", "Python"))
    with pikepdf.open(io.BytesIO(result.pdf)) as opened:
        yield opened


def test_document_says_that_it_is_tagged_and_in_which_language(document: pikepdf.Pdf) -> None:
    assert document.Root.MarkInfo.Marked
    assert document.Root.ViewerPreferences.DisplayDocTitle
    assert str(document.Root.Lang) == "en"
    with document.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Ada’s resume"
    assert str(document.docinfo["/Author"]) == "Ada Example"
    assert str(document.docinfo["/Keywords"]) == "SQL, Python"
    assert "/CreationDate" not in document.docinfo


def test_headings_begin_at_one_and_skip_no_level(document: pikepdf.Pdf) -> None:
    levels = [int(kind[1]) for kind in structure(document) if re.fullmatch(r"H[1-6]", kind)]
    assert levels == [1, 2, 3, 2]


@pytest.mark.parametrize(
    ("markdown", "levels"),
    [("# A\n\n#### B\n\n## C\n\n### D", [1, 2, 3, 3, 4]), ("### A\n\n## B\n\n#### C", [1, 2, 2, 3])],
)
def test_headings_written_with_gaps_are_renumbered(render: Render, markdown: str, levels: list[int]) -> None:
    with pikepdf.open(io.BytesIO(render(markdown).pdf)) as opened:
        assert [int(kind[1]) for kind in structure(opened) if re.fullmatch(r"H[1-6]", kind)] == levels


def test_lists_have_labels_and_bodies(document: pikepdf.Pdf) -> None:
    kinds = list(structure(document))
    assert kinds.count("L") == 2
    assert kinds.count("LI") == kinds.count("Lbl") == kinds.count("LBody") == 3


def test_every_link_annotation_is_in_the_structure_and_has_a_description(document: pikepdf.Pdf) -> None:
    annotations = [item for page in document.pages for item in page.get("/Annots", [])]
    assert {str(item.A.URI) for item in annotations} == {
        "mailto:ada@example.com",
        "https://github.com/ada",
        "https://example.com/tool",
    }
    assert all("/StructParent" in item and "/Contents" in item for item in annotations)
    assert list(structure(document)).count("Link") == 3


def test_everything_drawn_is_tagged_or_an_artifact(document: pikepdf.Pdf) -> None:
    for page in document.pages:
        depth = 0
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in {"BDC", "BMC"}:
                depth += 1
            elif operator == "EMC":
                depth -= 1
            elif operator in {"Tj", "TJ", "S", "f", "f*", "B"}:
                assert depth > 0, operator


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", ["staff-engineer", "many-links", "nested-roles", "arabic", "japanese", "thai"])
def test_conformance_checker_finds_nothing(render: Render, template: Template, name: str, tmp_path: Any) -> None:
    person = next(person for person in corpus() if person.name == name)
    path = tmp_path / "resume.pdf"
    path.write_bytes(render(person.markdown, person.contact, template=template, language=person.language).pdf)
    assert pdfua.validate(str(path)).findings == ()


@pytest.mark.parametrize(
    ("language", "tag"), [("pt_BR", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW"), ("", "en"), ('x"><b>', "en")]
)
def test_the_document_always_names_a_well_formed_language(render: Render, language: str, tag: str) -> None:
    with pikepdf.open(io.BytesIO(render("text", language=language).pdf)) as opened:
        assert str(opened.Root.Lang) == tag
