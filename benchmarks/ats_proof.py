"""Proof that what is on the page can be read back by the programs that applicant tracking systems are built on.

Renders every person of `ats_corpus/` in all templates and both page sizes, extracts the text with pypdf, pdfminer.six,
PyMuPDF and pdftotext, and counts the expected strings (name, contact items, headings, date lines, bullets, table cells)
that are found whole and in reading order. Last line of the output: one JSON object.

Usage: python benchmarks/ats_proof.py [--quick] [--misses]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))

from renderer import PAGE_SIZES, TEMPLATES, Contact, Link, PageSize, RenderRequest, Template, characters
from renderer.header import contact_items
from renderer.markdown import parse, visible_text
from renderer.pool import RenderPool

CORPUS = Path(__file__).parent / "ats_corpus"
# Scripts that break lines between any two letters: there a line break in the extract is not a space.
SPACELESS = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
WITHOUT_SPACES = re.compile(f"(?<={SPACELESS}) | (?={SPACELESS})")
# pdftotext wraps right-to-left lines in invisible direction marks.
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LATIN = "latin"


@dataclass(frozen=True, slots=True)
class Person:
    """One document of the corpus."""

    name: str
    script: str
    language: str
    contact: Contact
    markdown: str

    def request(self, template: Template, page_size: PageSize) -> RenderRequest:
        """The render request in one template and size."""
        return RenderRequest(self.markdown, self.contact, template, page_size, self.language)

    def expected(self) -> list[str]:
        """Every string a reader must find, in reading order."""
        contact = self.contact
        blocks = [contact.name, contact.label, *(item.text for item in contact_items(contact))]
        blocks += visible_text(parse(characters.clean(self.markdown).text)).split("\n")
        return [text for block in blocks if (text := normalise(characters.clean(block).text))]


def load_person(path: Path) -> Person:
    """Read one corpus file."""
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    fields = raw["contact"]
    links = tuple(Link(**link) for link in fields.pop("links", ()))
    contact = Contact(links=links, **{key: str(value) for key, value in fields.items()})
    return Person(path.stem, raw["script"], raw["language"], contact, raw["markdown"])


def corpus() -> list[Person]:
    """All people, by file name."""
    return [load_person(path) for path in sorted(CORPUS.glob("*.yaml"))]


def normalise(text: str) -> str:
    """NFC with single spaces; no spaces beside letters of scripts that are written without them."""
    text = " ".join(unicodedata.normalize("NFC", DIRECTION_MARKS.sub("", text)).split())
    return WITHOUT_SPACES.sub("", text)


def with_pypdf(pdf: bytes) -> str:
    """Text by pypdf."""
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def with_pdfminer(pdf: bytes) -> str:
    """Text by pdfminer.six."""
    from pdfminer.high_level import extract_text

    text: str = extract_text(io.BytesIO(pdf))
    return text


def with_pymupdf(pdf: bytes) -> str:
    """Text by PyMuPDF."""
    import pymupdf

    with pymupdf.open(stream=pdf, filetype="pdf") as document:  # type: ignore[no-untyped-call]
        return "\n".join(page.get_text() for page in document)


def with_pdftotext(pdf: bytes) -> str:
    """Text by poppler's pdftotext in its default mode."""
    return subprocess.run(
        ["pdftotext", "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


EXTRACTORS: dict[str, Callable[[bytes], str]] = {
    "pypdf": with_pypdf,
    "pdfminer": with_pdfminer,
    "pymupdf": with_pymupdf,
    "pdftotext": with_pdftotext,
}


def missing_in_order(expected: list[str], extracted: str) -> list[str]:
    """Expected strings not found after the one before; out of order, or glued to another word, counts as missing."""
    text, position, missing = normalise(extracted), 0, []
    for string in expected:
        found = text.find(string, position)
        while found > 0 and _is_spaced(text[found - 1]) and _is_spaced(string[0]):
            found = text.find(string, found + 1)
        if found < 0:
            missing.append(string)
        else:
            position = found + len(string)
    return missing


def _is_spaced(character: str) -> bool:
    """Whether it is a letter or digit of a script that puts spaces between words."""
    return character.isalnum() and re.match(SPACELESS, character) is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many expected strings one extractor found in one PDF."""

    person: str
    script: str
    template: str
    page_size: str
    extractor: str
    expected: int
    missing: tuple[str, ...]


def prove(people: list[Person], page_sizes: tuple[PageSize, ...]) -> Iterator[Outcome]:
    """Render and read back everything."""
    with RenderPool(workers=1, deadline_seconds=30) as pool:
        for person in people:
            expected = person.expected()
            for template in TEMPLATES:
                for page_size in page_sizes:
                    pdf = pool.render_sync(person.request(template, page_size)).pdf
                    for name, extract in EXTRACTORS.items():
                        missing = tuple(missing_in_order(expected, extract(pdf)))
                        yield Outcome(person.name, person.script, template, page_size, name, len(expected), missing)


def share(outcomes: list[Outcome]) -> float:
    """Share of expected strings that were found."""
    expected = sum(outcome.expected for outcome in outcomes)
    return round(1 - sum(len(outcome.missing) for outcome in outcomes) / expected, 5) if expected else 0.0


def report(outcomes: list[Outcome], show_misses: bool) -> dict[str, Any]:
    """Print a table per person and return the figures."""
    people = list(dict.fromkeys(outcome.person for outcome in outcomes))
    rows = []
    print(f"{'person':22}{'script':12}" + "".join(f"{name:>11}" for name in EXTRACTORS))
    for person in people:
        mine = [outcome for outcome in outcomes if outcome.person == person]
        shares = {name: share([outcome for outcome in mine if outcome.extractor == name]) for name in EXTRACTORS}
        print(f"{person:22}{mine[0].script:12}" + "".join(f"{value:>11.2%}" for value in shares.values()))
        rows.append({"person": person, "script": mine[0].script, "strings": mine[0].expected, **shares})
    if show_misses:
        misses = Counter((outcome.person, outcome.extractor, text) for outcome in outcomes for text in outcome.missing)
        for (person, extractor, text), count in sorted(misses.items()):
            print(f"{person} {extractor} x{count}: {text}")
    return {
        "latin_share": share([outcome for outcome in outcomes if outcome.script == LATIN]),
        "all_share": share(outcomes),
        **{f"{name}_share": share([item for item in outcomes if item.extractor == name]) for name in EXTRACTORS},
        "documents": len({(item.person, item.template, item.page_size) for item in outcomes}),
        "strings": sum(item.expected for item in outcomes if item.extractor == "pypdf"),
        "rows": rows,
    }


def main() -> None:
    """Command line."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--quick", action="store_true", help="A4 only")
    arguments.add_argument("--misses", action="store_true", help="list what was not found")
    options = arguments.parse_args()
    logging.disable(logging.WARNING)
    with contextlib.suppress(ImportError):
        import pymupdf

        pymupdf.TOOLS.mupdf_display_errors(False)  # type: ignore[no-untyped-call]
    outcomes = list(prove(corpus(), ("A4",) if options.quick else PAGE_SIZES))
    print(json.dumps(report(outcomes, options.misses), ensure_ascii=False))


if __name__ == "__main__":
    main()
