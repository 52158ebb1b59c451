from __future__ import annotations

import asyncio
import io

import pypdf

from api.resumes.parse_back import REMEMBERED, PdfReader
from renderer import Contact, RenderRequest
from renderer.pool import RenderPool


def test_the_text_of_a_rendered_file_comes_back_and_is_remembered() -> None:
    pool = RenderPool()
    try:
        request = RenderRequest("## Skills\n\nPython, C++, 機械学習\n", Contact(name="Ada Example"))
        pdf = asyncio.run(pool.render(request)).pdf
    finally:
        pool.close()
    reader = PdfReader()

    async def read_twice() -> tuple[str | None, str | None]:
        return await reader.read(pdf, "one"), await reader.read(b"not looked at again", "one")

    text, again = asyncio.run(read_twice())
    assert text is not None
    assert "Python, C++, 機械学習" in text
    assert again == text


def test_what_is_no_pdf_gives_no_text() -> None:
    assert asyncio.run(PdfReader().read(b"not a PDF", "none")) is None


def test_only_the_latest_texts_are_kept() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    buffer = io.BytesIO()
    writer.write(buffer)
    reader = PdfReader()
    reader._texts.update({str(number): "text" for number in range(REMEMBERED)})
    assert asyncio.run(reader.read(buffer.getvalue(), "new")) is not None
    assert len(reader._texts) == REMEMBERED
    assert "0" not in reader._texts
