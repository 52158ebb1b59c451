"""Two resumes with one title, or with two that a file system takes for one: neither overwrites the other."""

import io
import zipfile
from pathlib import Path

import pypdf
import pytest

from api.resumes.filenames import clean_name
from tests.support.running_service import Person, Service

pytestmark = pytest.mark.slow

FIRST_AD = "Backend Engineer. Requirements: Python, PostgreSQL."
SECOND_AD = "Data Analyst. Requirements: SQL, Tableau."
PAIRS = [
    ("Engineer", "Engineer"),
    ("Currículo", "Curri\u0301culo"),  # composed and decomposed
    ("a/b", "a:b"),  # both forbidden in a file's name
    ("engineer", "ENGINEER "),
    ("履" * 199 + "一", "履" * 199 + "二"),  # longer than a name may be, and three bytes a character
]


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture(scope="module")
def writer(stored_service: Service) -> Person:
    return stored_service.person().with_profile()


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=["equal", "normalised", "forbidden", "case", "long"])
def test_two_resumes_of_one_title_stay_two(
    stored_service: Service, writer: Person, first: str, second: str, tmp_path: Path
) -> None:
    ids = []
    for title, ad, word in ((first, FIRST_AD, "Alpha"), (second, SECOND_AD, "Omega")):
        resume = writer.resume(title=title, jobDescription=ad)
        ids.append(resume["id"])
        body = {"markdown": f"## Summary\n\n{word} marks this one.\n"}
        assert writer.put(f"/api/resume/{resume['id']}", json=body).status_code == 200
    assert ids[0] != ids[1]
    for _ in range(2):  # from the renderer, then from storage
        pdfs = [writer.get(f"/api/resume/{key}/download?format=pdf").content for key in ids]
        assert [word in text_of(pdf) for pdf in pdfs for word in ("Alpha", "Omega")] == [True, False, False, True]
    pages = []
    for key in ids:
        link = writer.post(f"/api/resume/{key}/share", json={}).json()
        with stored_service.client() as visitor:
            pages.append(visitor.get(f"/r/{link['token']}/resume.pdf").content)
    assert pages == pdfs

    archive = zipfile.ZipFile(io.BytesIO(writer.get("/api/privacy/export").content))
    archive.extractall(tmp_path)  # on a disk whose names have at most 255 bytes
    files = {path.name.casefold(): path for path in (tmp_path / "pdf").iterdir()}
    kept = [path.read_bytes() for name, path in files.items() if any(key in name for key in ids)]
    assert sorted(kept) == sorted(pdfs)

    assert writer.delete(f"/api/resume/{ids[0]}").status_code == 204
    assert writer.get(f"/api/resume/{ids[1]}/download?format=pdf").content == pdfs[1]


@pytest.mark.parametrize("title", ["履" * 200, "é" * 200, "🙂" * 200, "x" * 200, "a" + "é" * 199])
def test_a_name_fits_a_disk_beside_an_id_and_breaks_no_character(title: str) -> None:
    name = clean_name(title)
    assert len(f"0190f5a0-0000-7000-8000-000000000000-{name}.docx".encode()) <= 255
    assert title.startswith(name)
    assert len(name) >= 50
