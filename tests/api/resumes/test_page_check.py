"""A person hears what the page lacks while it can still be changed."""

import pytest

from api.errors import DomainError
from api.resumes.pdf import domain_error
from renderer import (
    DocumentTooComplex,
    DocumentTooLarge,
    RendererBusy,
    RenderError,
    RenderFailed,
    RenderTimeout,
)
from tests.support.running_service import Person


@pytest.fixture
def writer(person: Person) -> Person:
    return person.with_profile()


def codes(resume: dict) -> list[str]:  # type: ignore[type-arg]
    return [warning["code"] for warning in resume["warnings"]]


def test_a_letter_that_no_font_has_is_told_and_stays_told(writer: Person) -> None:
    path = f"/api/resume/{writer.resume()['id']}"
    answer = writer.client.put(path, json={"markdown": "## Skills\n\n- Rockets 🚀\n"})
    assert answer.status_code == 200, answer.text
    assert "missing_glyphs" in codes(answer.json())
    assert any("U+1F680" in warning["message"] for warning in answer.json()["warnings"])
    assert "missing_glyphs" in codes(writer.client.get(path).json())
    assert "□" not in writer.client.get(path).json()["markdown"]


def test_pages_that_do_not_suffice_are_told(writer: Person) -> None:
    path = f"/api/resume/{writer.resume()['id']}"
    long = "## Work\n\n" + "- wrote a page of a long report\n" * 200
    assert "page_target_missed" not in codes(writer.client.put(path, json={"markdown": long}).json())
    answer = writer.client.put(path, json={"pages": 1})
    assert answer.status_code == 200, answer.text
    assert codes(answer.json()).count("page_target_missed") == 1


def test_a_document_that_cannot_be_set_is_not_kept(writer: Person) -> None:
    path = f"/api/resume/{writer.resume()['id']}"
    pages = "## A heading for nothing\n\n" * 690
    answer = writer.client.put(path, json={"markdown": pages})
    assert answer.status_code == 422, answer.text
    assert "20 pages" in answer.json()["detail"]
    assert writer.client.get(path).json()["version"] == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DocumentTooLarge("a"), 413),
        (DocumentTooComplex("a"), 422),
        (RenderTimeout("a"), 422),
        (RendererBusy("a"), 503),
        (RenderFailed("a"), 503),
    ],
)
def test_a_document_s_own_fault_is_no_outage(error: RenderError, status: int) -> None:
    answer: DomainError = domain_error(error)
    assert answer.status == status
