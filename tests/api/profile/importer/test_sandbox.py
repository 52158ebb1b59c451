"""Files that must not be read, and files that must not harm: each with its code, the service unharmed."""

import asyncio
import io
import time
import zipfile
from pathlib import Path

import pikepdf
import pytest
from docx import Document
from PIL import Image

from api.profile.importer import ImportDraft, UnreadableDocument, parse_document, parse_document_async
from api.profile.importer.errors import MESSAGES

DATA = Path(__file__).resolve().parents[4] / "benchmarks" / "data" / "import"


def pdf_of(pages: int, content: bytes = b"") -> bytes:
    """A small PDF with the same content on every page."""
    pdf = pikepdf.new()
    for _ in range(pages):
        page = pdf.add_blank_page()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = pdf.make_stream(content)
    buffer = io.BytesIO()
    pdf.save(buffer)
    return buffer.getvalue()


def image_pdf() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (300, 400), 200).save(buffer, "PDF")
    return buffer.getvalue()


def encrypted_pdf() -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(DATA / "reportlab-centered.pdf") as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(user="secret", owner="owner"))
    return buffer.getvalue()


def zip_of(names: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def docx_of(*paragraphs: str) -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


UNREADABLE = {
    "nothing": (b"", "cv.pdf", "empty_file"),
    "only spaces": (b" \n\t ", "cv.txt", "empty_file"),
    "eleven megabytes": (b"a" * 11_000_000, "cv.txt", "file_too_large"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "cv.pdf", "unsupported_type"),
    "an old Word file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 50, "cv.doc", "legacy_word"),
    "rich text": (b"{\\rtf1 hello}", "cv.rtf", "unsupported_type"),
    "a web page": (b"<!DOCTYPE html><html><body>CV</body></html>", "cv.html", "unsupported_type"),
    "text named pdf": (b"Just some text about me and my work", "cv.pdf", "damaged_file"),
    "a zip that is no Word file": (zip_of({"a.txt": b"hello"}), "cv.docx", "unsupported_type"),
    "half a zip": (zip_of({"word/document.xml": b"<a/>" * 900})[:150], "cv.docx", "damaged_file"),
    "half a PDF": (b"%PDF-1.7\n1 0 obj\n<<", "cv.pdf", "damaged_file"),
    "a zip bomb": (zip_of({"word/document.xml": b"\x00" * 70_000_000}), "cv.docx", "zip_bomb"),
    "an image-only PDF": (image_pdf(), "cv.pdf", "image_only_pdf"),
    "an empty PDF": (pdf_of(1), "cv.pdf", "no_text"),
    "an encrypted PDF": (encrypted_pdf(), "cv.pdf", "encrypted_pdf"),
    "300 pages": (pdf_of(300, b"BT /F1 12 Tf 72 700 Td (A page of text) Tj ET"), "cv.pdf", "too_many_pages"),
    "broken JSON": (b'{"basics": ', "cv.json", "invalid_json"),
    "deep JSON": (b'{"basics": ' + b"[" * 100_000, "cv.json", "invalid_json"),
    "other JSON": (b'{"name": "package", "version": "1"}', "package.json", "not_json_resume"),
    "a Word file without text": (docx_of(""), "cv.docx", "no_text"),
    "bytes that are no text": (b"abc\x00\x01\x02def" * 20, "cv.txt", "unsupported_type"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_files_are_refused_with_what_to_do(case: str) -> None:
    data, filename, code = UNREADABLE[case]
    with pytest.raises(UnreadableDocument) as caught:
        parse_document(data, filename, None)
    assert caught.value.code == code
    assert str(caught.value) == MESSAGES[code]


def test_every_message_is_a_sentence_that_says_what_to_do() -> None:
    for message in MESSAGES.values():
        assert message.endswith(".")
        assert any(word in message for word in ("Send", "Save", "save", "Choose", "Export", "Try", "Check", "send"))


def test_a_file_is_read_by_its_content_not_by_its_name() -> None:
    draft = parse_document((DATA / "word-headings.docx").read_bytes(), "resume.pdf", "application/pdf")
    assert draft.source_kind == "docx"
    assert draft.document["basics"]["name"] == "Grace Adeyemi"  # type: ignore[index]


def test_a_deadline_ends_the_child() -> None:
    drawing = b"q " + b"BT /F1 1 Tf 0 0 Td (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj ET " * 40_000
    started = time.monotonic()
    with pytest.raises(UnreadableDocument) as caught:
        parse_document(pdf_of(3, drawing), "cv.pdf", None, deadline_seconds=1.0)
    assert caught.value.code == "timed_out"
    assert time.monotonic() - started < 4


def test_too_little_memory_is_said_and_harms_nobody() -> None:
    with pytest.raises(UnreadableDocument) as caught:
        parse_document((DATA / "typst-nested-roles.pdf").read_bytes(), "cv.pdf", None, memory_bytes=40 * 1024 * 1024)
    assert caught.value.code == "too_much_memory"
    assert parse_document((DATA / "plain-text.txt").read_bytes(), "cv.txt", None).document


def test_the_event_loop_goes_on_while_files_are_read() -> None:
    async def read() -> tuple[list[ImportDraft], int]:
        ticks = 0
        data = (DATA / "typst-nested-roles.pdf").read_bytes()
        reading = asyncio.gather(*(parse_document_async(data, "cv.pdf", None) for _ in range(2)))
        while not reading.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return await reading, ticks

    drafts, ticks = asyncio.run(read())
    assert drafts[0] == drafts[1]
    assert ticks > 5
