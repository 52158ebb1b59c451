"""What the import reads: every shipped document whole, each field with its place, nothing invented."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.profile.importer import UnreadableDocument
from api.profile.importer.draft import ImportDraft
from api.profile.importer.labelled import label_kind, read_form
from api.profile.importer.parse import parse_bytes
from api.profile.importer.plain_text import read_text_lines
from api.profile.importer.sections import heading_kind
from api.profile.rules.json_resume import parse_profile

DATA = Path(__file__).resolve().parents[4] / "benchmarks" / "data" / "import"
DOCUMENTS = sorted(path.name.removesuffix(".truth.json") for path in DATA.glob("*.truth.json"))


def read(name: str) -> ImportDraft:
    return parse_bytes((DATA / name).read_bytes(), name, None)


def text_draft(text: str) -> Any:
    return parse_bytes(text.encode(), "cv.txt", "text/plain").document


@pytest.mark.parametrize("name", DOCUMENTS)
def test_roles_and_degrees_of_shipped_documents(name: str) -> None:
    truth = json.loads((DATA / f"{name}.truth.json").read_text(encoding="utf-8"))
    document: Any = read(name).document
    assert {key: document["basics"].get(key, "") for key in ("name", "email", "phone")} == {
        key: truth[key] for key in ("name", "email", "phone")
    }
    found = [
        {
            "employer": role.get("name", ""),
            "title": role.get("position", ""),
            "start": role.get("startDate", ""),
            "end": role.get("endDate", ""),
        }
        for role in document["work"]
    ]
    assert found == truth["roles"]
    assert [degree["institution"] for degree in document["education"]] == [d["institution"] for d in truth["degrees"]]
    assert all(role["highlights"] for role in document["work"])


def draft_or_reason(data: bytes) -> ImportDraft | None:
    """The draft, or None where the file was refused in the way the service knows; anything else fails the test."""
    with contextlib.suppress(UnreadableDocument):
        return parse_bytes(data, "cv.txt", None)
    return None


def _leaves(value: object, pointer: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, f"{pointer}/{key}")]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in _leaves(item, f"{pointer}/{index}")]
    return [(pointer, str(value))]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_says_where_it_came_from(name: str) -> None:
    draft = read(name)
    known = [entry.pointer for entry in draft.provenance]
    for pointer, _ in _leaves(draft.document):
        assert any(pointer == origin or pointer.startswith(f"{origin}/") for origin in known), pointer
    for entry in draft.provenance:
        assert re.search(r"(page|line|paragraph) \d+", entry.source)
        assert 0 < entry.confidence <= 1
        assert entry.text


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith((".txt", ".md"))])
def test_nothing_is_invented_and_nothing_is_lost(name: str) -> None:
    # How long a role lasted is said by its dates; that sum alone may go.
    text = re.sub(r"\(?\d+ years \d+ months\)?", "", (DATA / name).read_text(encoding="utf-8"))
    source = set(re.findall(r"\w+", text))
    draft = read(name)
    values = " ".join(
        value for pointer, value in _leaves(draft.document) if not re.search(r"/(network|name)$", pointer)
    )
    names = " ".join(value for pointer, value in _leaves(draft.document) if pointer.endswith("/name"))
    assert set(re.findall(r"\w+", values)) <= source
    headings = {"SUMMARY", "EXPERIENCE", "EDUCATION", "CERTIFICATIONS", "SKILLS", "Expérience", "professionnelle"}
    headings |= {"Formation", "Compétences", "Portfolio", "en", "in", "Skills", "Summary", "Experience"}
    headings |= {"Education", "Languages"}
    if read_form(read_text_lines(text))[0]:
        said = [line.partition(":")[0] for line in text.splitlines()]
        headings |= {
            word for label in said if label_kind(label) or heading_kind(label) for word in re.findall(r"\w+", label)
        }
    missing = source - set(re.findall(r"\w+", f"{values} {names} {' '.join(draft.unparsed)}")) - headings
    assert missing == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_draft_is_a_profile(name: str) -> None:
    parsed = parse_profile(read(name).document)
    assert parsed.dropped == ()
    assert parsed.profile.roles


def test_a_wrapped_bullet_is_one_bullet() -> None:
    document: Any = read("typst-nested-roles.pdf").document
    assert document["work"][0]["highlights"][0] == (
        "Brought the boot time of the controller from 9 s to 1.2 s, which removed the need for a standby battery "
        "in three product lines"
    )


def test_what_is_not_understood_is_listed() -> None:
    draft = parse_bytes(
        b"Ada Obi\nada@example.com\n\nEXPERIENCE\nEngineer, Acme Inc, 2019 - 2020\n- Built it\n\n"
        b"PHILOSOPHY\nI like tea.\n",
        "cv.txt",
        None,
    )
    assert "I like tea." in draft.unparsed
    assert "I like tea." not in json.dumps(draft.document)


RESUME = """{name}
{mail} | {phone}

EXPERIENCE
{first}
{second}
- Did the first thing
- Did the second thing

EDUCATION
B.Sc. in Physics, Oslo University, 2012
"""


@pytest.mark.parametrize(
    ("first", "second", "employer", "title", "start", "end"),
    [
        ("Engineer, Acme Inc", "Jan 2020 to date", "Acme Inc", "Engineer", "Jan 2020", "to date"),
        ("Acme Inc — Engineer", "Jan '22 – Present", "Acme Inc", "Engineer", "Jan '22", "Present"),
        ("Engineer at Acme", "2019–2021", "Acme", "Engineer", "2019", "2021"),
        ("Acme Inc | 2019 - 2021", "Engineer", "Acme Inc", "Engineer", "2019", "2021"),
        ("2019 - 2021", "Engineer, Acme Inc", "Acme Inc", "Engineer", "2019", "2021"),
        ("Engineer      03/2019 - 04/2021", "Acme GmbH, Berlin", "Acme GmbH", "Engineer", "03/2019", "04/2021"),
        ("2015 bis 2019", "Einkäufer, Beispiel AG", "Beispiel AG", "Einkäufer", "2015", "2019"),
        # A trade nobody listed, before the full name of a company.
        ("2015 - 2019", "Ropewalker, Acme Ltd", "Acme Ltd", "Ropewalker", "2015", "2019"),
        ("Acme Inc, Austin, TX", "Engineer (May 2019 - June 2020)", "Acme Inc", "Engineer", "May 2019", "June 2020"),
    ],
)
def test_headings_of_many_shapes(first: str, second: str, employer: str, title: str, start: str, end: str) -> None:
    document = text_draft(
        RESUME.format(name="Ada Obi", mail="ada@example.com", phone="+1 202 555 0134", first=first, second=second)
    )
    (role,) = document["work"]
    assert (role["name"], role["position"], role["startDate"], role["endDate"]) == (employer, title, start, end)
    assert role["highlights"] == ["Did the first thing", "Did the second thing"]


@pytest.mark.parametrize(
    "name",
    [
        "Ada Obi",
        "ŁUKASZ ŻÓŁĆ",
        "Nguyễn Thị Minh",
        "Анна Вишневская",
        "李明",
        "प्रिया शर्मा",
        "Hannah Baker",
        "Jean-Luc d'Arc",
        "O'Neil Smith",
    ],
)
def test_names_of_many_scripts(name: str) -> None:
    document = text_draft(
        RESUME.format(
            name=name, mail="ada@example.com", phone="(202) 555-0134", first="Engineer, Acme Inc", second="2019 - 2020"
        )
    )
    assert document["basics"]["name"] == name


@pytest.mark.parametrize(
    "phone", ["(202) 555-0134", "+1 202-555-0134", "202.555.0134", "+49 221 555 0134", "(+1) 202 555 0134"]
)
def test_phones_of_many_shapes(phone: str) -> None:
    document = text_draft(
        RESUME.format(
            name="Ada Obi", mail="ada@example.com", phone=phone, first="Engineer, Acme Inc", second="2019 - 2020"
        )
    )
    assert document["basics"]["phone"] == phone


def test_line_separators_and_right_to_left_text() -> None:
    lines = ("דנה לוי", "dana@example.com", "ניסיון תעסוקתי", "מפתחת, Acme Ltd, 2019 - 2021", "• בניתי מערכת חיוב")
    text = "\u2028".join(lines)
    document = text_draft(text)
    assert document["basics"]["email"] == "dana@example.com"
    assert document["basics"]["name"] == "דנה לוי"
    assert document["work"][0]["highlights"] == ["בניתי מערכת חיוב"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_encodings(encoding: str) -> None:
    text = RESUME.format(
        name="Zoé Müller",
        mail="zoe@example.com",
        phone="(202) 555-0134",
        first="Engineer, Acme Inc",
        second="2019 - 2020",
    )
    document: Any = parse_bytes(text.encode(encoding), "cv.txt", None).document
    assert document["basics"]["name"] == "Zoé Müller"


def test_json_resume_comes_through_whole() -> None:
    document = {"basics": {"name": "Ada Obi"}, "work": [{"name": "Acme", "x": 1}], "meta": {"any": [1, None]}}
    draft = parse_bytes(json.dumps(document).encode(), "resume.json", "application/json")
    assert draft.document == document
    assert draft.source_kind == "json"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_a_draft_or_a_reason(text: str) -> None:
    draft = draft_or_reason(text.encode())
    if draft is not None:
        assert ImportDraft.from_json(json.loads(json.dumps(draft.as_json()))) == draft


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from([*RESUME.splitlines(), "2019 - 2020", "- x", "Skills", "Acme | 2020", "\t", "Languages:"]),
        max_size=30,
    )
)
def test_lines_in_any_order_give_a_draft_or_a_reason(lines: list[str]) -> None:
    draft = draft_or_reason("\n".join(lines).encode())
    assert draft is None or isinstance(draft.document["basics"], dict)


def test_one_employer_above_its_positions() -> None:
    document = text_draft(
        "Ada Obi\nada@example.com\n\nEXPERIENCE\n\nBeispiel Logistik GmbH\n2008 - heute\n\nTeamleiter\n2012 - heute\n"
        "- Aufbau der Nachtschicht\n\nFachkraft\n2008 - 2012\n- Lager geordnet\n"
    )
    assert [(role["name"], role["position"]) for role in document["work"]] == [
        ("Beispiel Logistik GmbH", "Teamleiter"),
        ("Beispiel Logistik GmbH", "Fachkraft"),
    ]


def test_jobs_without_a_heading_are_jobs() -> None:
    document = text_draft(
        "Ada Obi\nada@example.com\n\nQA Engineer, Contoso Labs (Jun 2018 - Feb 2021)\n- Wrote the first suite\n\n"
        "EDUCATION\nB.Sc. in Physics, Oslo University, 2012\n"
    )
    assert document["work"][0]["name"] == "Contoso Labs"
    assert document["work"][0]["highlights"] == ["Wrote the first suite"]


def test_a_range_broken_by_a_narrow_column() -> None:
    document = text_draft(
        "Ada Obi\nada@example.com\n\nEXPERIENCE\nAnalyst\nMotor City Bank | 2019 -\nPresent\n- Built the model\n"
    )
    assert document["work"][0]["endDate"] == "Present"


def test_five_jobs_in_five_jobs_out() -> None:
    jobs = "".join(
        f"Engineer, Acme {number} Inc, 20{10 + number} - 20{11 + number}\n- Built {number} things\n\n"
        for number in range(5)
    )
    document = text_draft(f"Ada Obi\nada@example.com\n\nEXPERIENCE\n{jobs}")
    assert [role["name"] for role in document["work"]] == [f"Acme {number} Inc" for number in range(5)]
    assert [role["highlights"] for role in document["work"]] == [[f"Built {number} things"] for number in range(5)]


@pytest.mark.parametrize(
    ("dates", "start", "end"),
    [
        ("from March 2019 until now", "March 2019", "now"),
        ("between 2015 and 2019", "2015", "2019"),
        ("since June 2020", "June 2020", ""),
        ("03/2019 – ongoing", "03/2019", "ongoing"),
        ("Jan '22 – Present", "Jan '22", "Present"),
        ("Jan 2020 to date", "Jan 2020", "to date"),
        ("พ.ศ. 2562 - 2564", "พ.ศ. 2562", "2564"),
        ("desde marzo de 2019 hasta la actualidad", "marzo de 2019", "la actualidad"),
    ],
)
def test_dates_in_prose_leave_no_word_in_the_names(dates: str, start: str, end: str) -> None:
    draft = text_draft(
        f"Ada Example\nada@example.com\n\nExperience\n\nEngineer, Harbor Data\n{dates}\n- Built a service\n"
    )
    role = draft["work"][0]
    assert (role["name"], role["position"]) == ("Harbor Data", "Engineer")
    assert (role["startDate"], role.get("endDate", "")) == (start, end)


@pytest.mark.parametrize(
    ("experience", "education"),
    [
        ("Where I have worked", "What I studied"),
        ("Опыт работы", "Образование"),
        ("İş Deneyimi", "Eğitim"),
        ("Doświadczenie zawodowe", "Wykształcenie"),
        ("Esperienze lavorative", "Istruzione e formazione"),
        ("Werkervaring", "Opleiding"),
        ("Experiencia laboral", "Formación académica"),
        ("Erfaring", "Uddannelse"),
        ("Pracovní zkušenosti", "Vzdělání"),
        ("Szakmai tapasztalat", "Tanulmányok"),
        ("Experiență profesională", "Educație"),
        ("Työkokemus", "Koulutus"),
        ("Досвід роботи", "Освіта"),
        ("Pengalaman Kerja", "Pendidikan"),
        ("Kinh nghiệm làm việc", "Học vấn"),
        ("경력", "학력"),
        ("職歴", "学歴"),
        ("工作经历", "教育背景"),
        ("الخبرة العملية", "التعليم"),
        ("ניסיון תעסוקתי", "השכלה"),
        ("कार्य अनुभव", "शिक्षा"),
    ],
)
def test_headings_of_other_languages(experience: str, education: str) -> None:
    draft = text_draft(
        f"Ada Example\nada@example.com\n\n{experience}\n\nEngineer, Harbor Data\n2019 - 2021\n- Built a service\n\n"
        f"{education}\n\nBSc Physics, Lakeside University, 2015\n"
    )
    assert [role["name"] for role in draft["work"]] == ["Harbor Data"]
    assert [degree["institution"] for degree in draft["education"]] == ["Lakeside University"]
