"""What people type and paste reads back from the page and the Word file: a hundred kinds of input in one document."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from benchmarks.ats_proof import EXTRACTORS, missing_in_order, normalise
from renderer import PAGE_SIZES, TEMPLATES, Contact, PageSize, RenderRequest, RenderResult, Template, characters
from renderer.docx import render_docx
from tests.renderer.test_docx import text_of

Render = Callable[..., RenderResult]
INPUTS = yaml.safe_load((Path(__file__).parent / "typed_inputs.yaml").read_text(encoding="utf-8"))
ADA = Contact("Ada Example", email="ada@example.com", phone="+1 202 555 0101")


def halves() -> list[tuple[str, list[str]]]:
    """Two documents with a heading before each input, and what a reader must find in them."""
    documents = []
    for part in (INPUTS[::2], INPUTS[1::2]):
        markdown = "\n\n".join(f"## Input {case['input']}\n\n{case['markdown']}" for case in part)
        found = [text for case in part for text in (f"Input {case['input']}", *case["reads"])]
        documents.append((markdown, [normalise(characters.clean(text).text) for text in found]))
    return documents


@pytest.mark.parametrize(
    ("template", "page_size", "half"),
    [
        pytest.param(*case, marks=() if index % 5 == 0 else pytest.mark.prove)
        for index, case in enumerate(itertools.product(TEMPLATES, PAGE_SIZES, (0, 1)))
    ],
)
def test_everything_typed_reads_back(render: Render, template: Template, page_size: PageSize, half: int) -> None:
    markdown, found = halves()[half]
    pdf = render(markdown, template=template, page_size=page_size).pdf
    for name, extract in EXTRACTORS.items():
        assert missing_in_order(found, extract(pdf)) == [], name


def test_everything_typed_stands_in_the_word_file() -> None:
    for markdown, found in halves():
        text = text_of(render_docx(RenderRequest(markdown, ADA)))
        found = [string for string in found if "□" not in string and string not in {"3. three", "4. four"}]
        assert missing_in_order(found, text) == []


@pytest.mark.parametrize("contact", [ADA, Contact("Ada Example", label="Engineer", email="ada@example.com")])
@pytest.mark.parametrize("template", TEMPLATES)
def test_name_label_and_mail_are_words_of_their_own(render: Render, template: Template, contact: Contact) -> None:
    """pypdf took the line below a large name for the same line: `Exampleada@example.com` is nobody's address."""
    pdf = render("## Skills\n\n- SQL", contact, template=template).pdf
    for name, extract in EXTRACTORS.items():
        words = extract(pdf).split()
        assert words[:2] == ["Ada", "Example"], name
        assert contact.email in words, name
        assert not contact.label or contact.label in words, name


@pytest.mark.parametrize("markdown", ["- a b c", "a b c", "- x", "| a | b |\n|---|---|\n| 1 | 2 |", "a **b** c"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_single_letters_stay_apart(render: Render, template: Template, markdown: str) -> None:
    """pdftotext took them for one word set wide."""
    text = EXTRACTORS["pdftotext"](render(markdown, Contact(""), template=template).pdf)
    assert all(len(word) == 1 for word in text.split()), text


def test_a_glued_string_counts_as_missing() -> None:
    assert missing_in_order(["Ada", "ada@example.com"], "Adaada@example.com") == ["ada@example.com"]
    assert missing_in_order(["Ada", "ada@example.com"], "Ada\nada@example.com") == []
    assert missing_in_order(["重要", "です"], "重要です") == []
