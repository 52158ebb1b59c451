"""The word lists of the importer have the shape that the code reads, and no entry that cannot match."""

import re

import pytest

from api.profile.importer.lexicon import find_degree, is_institution, is_location, title_score
from api.profile.importer.sections import heading_kind
from api.profile.rules.data_files import read_data
from api.profile.rules.dates import parse_date

KINDS = {
    "experience",
    "education",
    "skills",
    "summary",
    "projects",
    "certificates",
    "awards",
    "publications",
    "volunteer",
    "languages",
    "interests",
    "contact",
    "references",
    "other",
}


def test_headings_are_texts_by_known_kind_each_found_again() -> None:
    headings = read_data("section_headings")["headings"]
    assert set(headings) == KINDS
    for kind, names in headings.items():
        for name in names:
            assert isinstance(name, str)
            assert heading_kind(name) is not None, name
            assert heading_kind(name.upper()) is not None or not name.isascii(), name
            assert kind in KINDS
    assert all(kind in KINDS for _, kind in read_data("section_headings")["words"])


@pytest.mark.parametrize("key", ["title", "employer", "institution", "human_languages", "surnames"])
def test_word_lists_are_texts_without_doubles(key: str) -> None:
    words = read_data("title_words")[key]
    assert all(isinstance(word, str) and word.strip() for word in words)
    assert len(words) == len({word.casefold() for word in words})


@pytest.mark.parametrize("key", ["degree_patterns", "degree_words"])
def test_degree_patterns_compile(key: str) -> None:
    for pattern in read_data("title_words")[key]:
        re.compile(pattern)


@pytest.mark.parametrize("key", ["states", "regions", "countries", "cities", "remote"])
def test_places_are_texts(key: str) -> None:
    assert all(isinstance(name, str) and name.strip() for name in read_data("places")[key])


def test_months_are_twelve_in_every_language_and_can_be_read() -> None:
    for language, months in read_data("date_words")["months"].items():
        assert len(months) == 12, language
        for number, names in enumerate(months, start=1):
            for name in names:
                parsed = parse_date(f"{name} 2020")
                assert parsed is not None, name
                assert parsed.month == number, name


@pytest.mark.parametrize(
    "text",
    [
        "B.S.",
        "BSc (Hons)",
        "Ph.D.",
        "M.Ed.",
        "B.B.A.",
        "MBA",
        "Bachelor of Arts",
        "Master",
        "Diplom",
        "High School Diploma",
    ],
)
def test_degrees_are_known(text: str) -> None:
    assert find_degree(text) is not None


@pytest.mark.parametrize(
    "text", ["Basic Training", "Mathematics", "Museum", "Associate Product Manager", "Lincoln High School"]
)
def test_what_is_no_degree(text: str) -> None:
    assert find_degree(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Austin, TX",
        "Denver, CO",
        "Lyon, France",
        "Berlin",
        "Remote",
        "St. Louis, MO",
        "San Jose, California, United States",
        "東京",
    ],
)
def test_places_are_known(text: str) -> None:
    assert is_location(text)


@pytest.mark.parametrize(
    "text", ["Northwind Bank, India", "Google, Inc", "Engineer", "LionLike MindState, Pomona, CA", "Acme"]
)
def test_what_is_no_place(text: str) -> None:
    assert not is_location(text)


def test_schools_and_titles() -> None:
    assert is_institution("Universität zu Köln")
    assert is_institution("東京大学")
    assert title_score("Senior Software Engineer") > 0
    assert title_score("ソフトウェアエンジニア") > 0
    assert title_score("Acme") == 0
