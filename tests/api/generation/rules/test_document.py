from __future__ import annotations

import json
from dataclasses import replace

import pytest

from api.generation.rules.data_files import read_yaml
from api.generation.rules.document import assemble_markdown, page_words, structured_content
from api.generation.rules.document_entries import show_period
from api.generation.rules.wording import SECTIONS, ComposeOptions, Wording
from api.profile.rules.profile import Bullet, Contact, Profile, Role

OPTIONS = ComposeOptions()
EN = page_words("en")


@pytest.mark.parametrize(
    ("start", "end", "current", "shown"),
    [
        ("2019", "2020", False, "2019 – 2020"),
        ("2019-05", "2020-07", False, "May 2019 – July 2020"),
        ("2019-05-04", "2019-08-09", False, "4 May 2019 – 9 August 2019"),
        ("2021-03-01", "2022-02-28", False, "March 2021 – February 2022"),
        ("2018-01-15", "2019-05-31", False, "15 January 2018 – 31 May 2019"),
        ("Jan 2020", None, True, "Jan 2020 – Present"),
        ("2020-01", "", False, "January 2020 – Present"),
        ("2020-01", "to date", False, "January 2020 – Present"),
        (None, "2020", False, "2020"),
        (None, None, False, ""),
        ("Spring 2019", "Fall 2019", False, "Spring 2019 – Fall 2019"),
        ("2019", "2019", False, "2019"),
    ],
)
def test_dates_are_shown_as_given(start: str | None, end: str | None, current: bool, shown: str) -> None:
    assert show_period(start, end, current=current, words=EN, language="en") == shown


def test_page_has_facts_and_no_contact(engineer: Profile) -> None:
    page = assemble_markdown(engineer, Wording(), options=OPTIONS, language="en")
    assert "### Senior Software Engineer, Nordwind Oy\n\n*March 2020 – Present | Helsinki*" in page
    assert "### Bachelor of Science in Mathematics, Example University" in page
    assert "**Languages:** Python, TypeScript, Go, SQL" in page
    assert "- Certified Kubernetes Administrator, CNCF (November 2022)" in page
    for private in ("Ada Example", "ada@example.com", "555-0101"):
        assert private not in page
        assert private not in json.dumps(structured_content(engineer, Wording()))


def test_every_role_is_there_with_something_under_it(engineer: Profile) -> None:
    page = assemble_markdown(engineer, Wording(bullet_order={"role-aaaaa1": ()}), options=OPTIONS, language="en")
    blocks = page.split("### ")[1:4]
    assert [block.split("\n")[0] for block in blocks] == [
        "Senior Software Engineer, Nordwind Oy",
        "Software Developer, Kupfer GmbH",
        "Cashier, Kiosk 12",
    ]
    assert all("\n- " in block for block in blocks)


def test_wording_decides_order_and_words_only(engineer: Profile) -> None:
    wording = Wording(
        summary="Builds things.",
        rewrites={"bullet-aaaa12": "Made pages 40% faster"},
        bullet_order={"role-aaaaa1": ("bullet-aaaa12", "bullet-aaaa11")},
        skill_order=("Kafka", "SQL"),
        sections=("skills", "summary", "experience"),
    )
    page = assemble_markdown(engineer, wording, options=OPTIONS, language="en")
    assert page.index("## Skills") < page.index("## Summary") < page.index("## Experience") < page.index("## Education")
    assert page.index("- Made pages 40% faster") < page.index("- Built payment services")
    assert "Mentored" not in page
    assert "**Tools:** Kafka, Docker" in page
    assert page.index("**Tools:**") < page.index("**Languages:**")
    assert "**Languages:** SQL, Python" in page


def test_chosen_sections_in_their_order(engineer: Profile) -> None:
    page = assemble_markdown(
        engineer, Wording(), options=ComposeOptions(sections=("education", "experience")), language="en"
    )
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## Education", "## Experience"]


def test_hostile_words_stay_words() -> None:
    role = Role(
        id="role-x",
        employer="Evil\n## Summary\nInc",
        title="C#",
        start="2020",
        end="2021",
        bullets=(
            Bullet("b1", "# END\n- forged"),
            Bullet("b2", "<script>alert(1)</script>"),
            Bullet("b3", "1. 5*3*2=30 __init__"),
        ),
    )
    page = assemble_markdown(Profile(Contact(""), roles=(role,)), Wording(), options=OPTIONS, language="en")
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        "## Experience",
        "### C#, Evil ## Summary Inc",
    ]
    assert "- \\# END - forged" in page
    assert "- \\<script>alert(1)\\</script>" in page


def test_headings_of_every_language_are_complete() -> None:
    table = read_yaml("headings.yaml")
    for words in table.values():
        assert set(words) == set(table["en"])
        assert set(SECTIONS) <= set(words)
    german = assemble_markdown(
        Profile(Contact(""), roles=(Role("r", "Firma", "Koch", "2020-05", None, True),)),
        Wording(),
        options=OPTIONS,
        language="de-AT",
    )
    assert german == "## Berufserfahrung\n\n### Koch, Firma\n\n*Mai 2020 – heute*\n"


def test_empty_profile_is_an_empty_page() -> None:
    assert assemble_markdown(Profile(Contact("x")), Wording(), options=OPTIONS, language="en") == ""


def test_structured_content_is_json_with_ids(engineer: Profile) -> None:
    content = json.loads(json.dumps(structured_content(engineer, Wording(rewrites={"bullet-aaaa11": "New words"}))))
    assert content["experience"][0]["bullets"][0] == {"id": "bullet-aaaa11", "text": "New words"}
    assert len(content["experience"]) == 3


def test_one_page_leaves_the_lines_about_employers_out(engineer: Profile) -> None:
    talkative = replace(engineer.roles[0], description="A payments company")
    profile = replace(engineer, roles=(talkative,))
    long = assemble_markdown(profile, Wording(), options=OPTIONS, language="en")
    short = assemble_markdown(profile, Wording(), options=ComposeOptions(pages=1), language="en")
    assert "A payments company. Owns the payment platform." in long
    assert "A payments company" not in short


def test_a_section_named_twice_is_shown_once(engineer: Profile) -> None:
    options = ComposeOptions(sections=("skills", "summary", "skills"))
    page = assemble_markdown(engineer, Wording(), options=options, language="en")
    assert page.count("## Skills") == 1
