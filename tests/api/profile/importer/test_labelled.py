"""Forms: a label before every field, in several languages and file kinds; and degrees of words no list knows."""

import io
from typing import Any

import pytest
from docx import Document

from api.profile.importer.labelled import begins_label, label_kind
from api.profile.importer.lines import Segment
from api.profile.importer.parse import parse_bytes
from api.profile.importer.pdf_text import Page
from api.profile.importer.reading_order import order_lines
from api.profile.importer.sections import is_known_heading
from api.profile.rules.data_files import read_data

HEAD = "Ana Kovac\nana.kovac@example.com\n\nExperience\nAnalyst, Globex Corporation\n2019 - Present\n- Checked data\n\n"


def _text(text: str) -> Any:
    return parse_bytes(text.encode(), "cv.txt", "text/plain")


def _table(rows: list[tuple[str, str]]) -> Any:
    document = Document()
    document.add_paragraph("Hana Kimura")
    document.add_paragraph("hana.kimura@example.com")
    table = document.add_table(rows=0, cols=2)
    for label, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value
    stream = io.BytesIO()
    document.save(stream)
    return parse_bytes(stream.getvalue(), "cv.docx", None).document


def test_every_label_is_found_again_and_names_one_field() -> None:
    fields = read_data("field_labels")["fields"]
    folded = [(name.casefold(), kind) for kind, names in fields.items() for name in names]
    assert len({name for name, _ in folded}) == len(folded)
    for name, kind in folded:
        assert label_kind(name) == kind, name
        assert label_kind(f"{name.capitalize()}:") == kind, name
    assert all(label_kind(name) in ("employer", "school") for name in read_data("field_labels")["named_with_address"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("First name(s) / Surname(s)", "name"),
        ("Telephone(s)", "contact"),
        ("Nom(s) / Prénom(s)", "name"),
        ("Nom et adresse de l’employeur", "employer"),
        ("Name and address", None),
        ("Software Engineer", None),
    ],
)
def test_labels_as_forms_print_them(text: str, expected: str | None) -> None:
    assert label_kind(text) == expected


def test_a_label_may_begin_on_one_line_and_end_on_the_next() -> None:
    assert begins_label("Main activities and")
    assert begins_label("Name und Art der Bildungs-")
    assert not begins_label("Main street and")


@pytest.mark.parametrize(
    ("title", "employer", "dates"),
    [("Position", "Company", "Period"), ("Stanowisko", "Firma", "Okres"), ("Poste", "Entreprise", "Période")],
)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
def test_a_table_of_label_and_value_in_any_order(title: str, employer: str, dates: str, order: tuple[int, ...]) -> None:
    jobs = [("Welder", "Vantrex", "2018 - 2021"), ("Fitter", "Molvik", "2014 - 2017")]
    rows = [
        [(title, job), (employer, firm), (dates, period)][position] for job, firm, period in jobs for position in order
    ]
    work = _table(rows)["work"]
    assert [(role["position"], role["name"], role["startDate"]) for role in work] == [
        ("Welder", "Vantrex", "2018"),
        ("Fitter", "Molvik", "2014"),
    ]


def test_a_job_and_a_degree_of_one_form_stay_apart_and_the_rest_is_listed() -> None:
    draft = _text(
        "Ana Kovac\nana.kovac@example.com\nDates: 2015 - 2018\nOccupation or position held: Surveyor\n"
        "Name and address of employer: Terrova Ltd, 4 Quay Road, Cork\nType of business or sector: Surveys\n"
        "Dates: 2011 - 2015\nTitle of qualification awarded: BSc in Geography\n"
        "Name and type of organisation providing education: University College Cork\n"
    )
    assert draft.document["work"] == [
        {
            "name": "Terrova Ltd",
            "position": "Surveyor",
            "startDate": "2015",
            "endDate": "2018",
            "location": "4 Quay Road, Cork",
        }
    ]
    assert draft.document["education"][0]["institution"] == "University College Cork"
    assert draft.document["education"][0]["startDate"] == "2011"
    assert "Type of business or sector Surveys" in draft.unparsed


def test_words_that_are_labels_elsewhere_make_no_form() -> None:
    document = _text(
        HEAD + "Education\nUniversity of Galway, BSc in Chemistry\n2010 - 2014\nRole: treasurer\n"
    ).document
    assert [role["name"] for role in document["work"]] == ["Globex Corporation"]
    assert document["education"][0]["institution"] == "University of Galway"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kaunova Akadimea\nTechnikon Vestri\n2012 - 2016", [("Kaunova Akadimea", "Technikon Vestri", "2012", "2016")]),
        ("Zentrovia, Klindrus Mav\n2012 - 2016", [("Zentrovia", "Klindrus Mav", "2012", "2016")]),
        ("Brenvold (2012-2016)", [("Brenvold", "", "2012", "2016")]),
        (
            "Brenvold\nMarsk i Data, 2012 - 2016\n- Thesis on fish\nHaskel\nVindrel, 2008 - 2012",
            [("Brenvold", "Marsk i Data", "2012", "2016"), ("Haskel", "Vindrel", "2008", "2012")],
        ),
    ],
)
def test_a_dated_degree_of_unknown_words_is_a_degree(text: str, expected: list[tuple[str, ...]]) -> None:
    degrees = _text(f"{HEAD}Education\n{text}\n\nSkills\nPython, SQL\n").document["education"]
    assert [
        tuple(entry.get(k, "") for k in ("institution", "area", "startDate", "endDate")) for entry in degrees
    ] == expected


def test_an_honour_with_years_is_no_degree() -> None:
    text = "Education\nUniversity of Galway\nBSc in Chemistry, 2010 - 2014\n- Chess club\nDean's List, 2012 - 2014\n"
    education = _text(HEAD + text).document["education"]
    assert [entry["institution"] for entry in education] == ["University of Galway"]


def test_rows_of_a_table_of_data_are_no_page_columns() -> None:
    def cell(column: int, row: int) -> Segment:
        return Segment(f"c{column}r{row}", 40 + 55 * column, 70 + 55 * column, 100 + 12 * row, 110 + 12 * row)

    cells = [cell(column, row) for row in range(20) for column in range(9)]
    above = Segment("Lund University", 40, 140, 60, 70)
    lines = order_lines([Page(1, 595, 842, (*cells, above), 0)], is_known_heading)
    assert [line.plain for line in lines[:2]] == ["Lund University", " ".join(f"c{column}r0" for column in range(9))]
    assert len(lines) == 21
