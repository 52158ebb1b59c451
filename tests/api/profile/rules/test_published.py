"""A file that leaves here has the form of the published JSON Resume schema, and says all that the person said."""

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.profile.rules.published import fields, published_document
from local.demo.inputs import SAMPLES

DATE = re.compile(r"[12]\d{3}(-[01]\d(-[0-3]\d)?)?")
URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+", re.IGNORECASE)


def faults(value: Any, kind: Any, path: str = "") -> list[str]:
    """Where a value has not the form that the published schema names for its field."""
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [path]
        return [fault for index, entry in enumerate(value) for fault in faults(entry, kind[0], f"{path}/{index}")]
    if kind in fields():
        if not isinstance(value, dict):
            return [path]
        known = fields()[kind]
        return [f for name, part in value.items() if name in known for f in faults(part, known[name], f"{path}/{name}")]
    if kind == "texts":
        return [] if isinstance(value, list) and all(isinstance(text, str) for text in value) else [path]
    forms = {"date": DATE, "uri": URI}
    fits = isinstance(value, str) and (kind not in forms or forms[kind].fullmatch(value) is not None)
    return [] if fits else [path]


@pytest.mark.parametrize("name", sorted(path.name for path in (SAMPLES / "resumes").glob("*.json")))
def test_the_sample_people_have_the_published_form(name: str) -> None:
    document = json.loads((SAMPLES / "resumes" / name).read_text(encoding="utf-8"))
    assert faults(published_document(document), "document") == []


@pytest.mark.parametrize(
    ("section", "entry", "expected"),
    [
        ("work", {"name": "A", "startDate": "May 2019", "endDate": "present"}, {"name": "A", "startDate": "2019-05"}),
        ("work", {"company": "A", "website": "a.example.com"}, {"name": "A", "url": "https://a.example.com"}),
        ("work", {"company": "A", "name": ""}, {"name": "A"}),
        ("work", {"company": "A", "name": "B"}, {"company": "A", "name": "B"}),
        ("work", {"startDate": "spring of 2019"}, {"startDate": "2019", "x-startDate": "spring of 2019"}),
        ("work", {"startDate": "long ago"}, {"x-startDate": "long ago"}),
        ("work", {"startDate": 2019}, {"startDate": "2019"}),
        ("work", {"highlights": "One thing"}, {"highlights": ["One thing"]}),
        ("work", {"url": {"name": "a.example.com"}}, {"x-url": {"name": "a.example.com"}}),
        *(("work", {"url": text}, {"x-url": text}) for text in ("://", "x://", "0://x", "é://a", "mailto:")),
        ("work", {"url": "not an address"}, {"x-url": "not an address"}),
        ("work", {"url": "https://bücher.example/ä b"}, {"url": "https://xn--bcher-kva.example/%C3%A4%20b"}),
        ("education", {"gpa": 3.7, "institution": "A"}, {"score": "3.7", "institution": "A"}),
        ("skills", {"name": "Python", "x-own": {"kept": True}}, {"name": "Python", "x-own": {"kept": True}}),
        ("languages", {"name": "German", "fluency": None}, {"language": "German"}),
    ],
)
def test_each_value_gets_the_form_of_its_field(section: str, entry: dict[str, Any], expected: dict[str, Any]) -> None:
    given_document = {section: [entry]}
    before = copy.deepcopy(given_document)
    (written,) = published_document(given_document)[section]
    assert written == expected
    assert given_document == before
    assert faults(written, section) == []


def test_positions_of_one_employer_become_entries() -> None:
    work = {
        "name": "A",
        "summary": "A maker of ropes",
        "positions": [{"title": "Lead", "startDate": "2021"}, {"position": "Clerk", "startDate": "2019-03"}],
    }
    assert published_document({"work": [work]})["work"] == [
        {"name": "A", "summary": "A maker of ropes", "position": "Lead", "startDate": "2021"},
        {"name": "A", "position": "Clerk", "startDate": "2019-03"},
    ]


PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=12)
TYPED = st.sampled_from(["2019", "May 2019", "now", "a.io"])
NAMES = st.sampled_from(["name", "city", "url"])
VALUES = st.recursive(
    PLAIN | TYPED, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=4
)
WORK_NAMES = st.sampled_from([*fields()["work"], "company", "positions"])
ENTRIES = st.lists(st.dictionaries(WORK_NAMES, VALUES, max_size=5), max_size=2)


@given(ENTRIES)
def test_whatever_stands_in_an_entry_the_file_has_the_published_form(entries: list[dict[str, Any]]) -> None:
    assert faults(published_document({"work": entries}), "document") == []
