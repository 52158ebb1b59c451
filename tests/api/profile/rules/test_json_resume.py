"""JSON Resume in and out without loss, ids that survive edits, one bad field never losing the rest."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.profile.rules.errors import InvalidProfile
from api.profile.rules.json_resume import export_document, parse_profile

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "data" / "resumes"


def person() -> dict[str, Any]:
    return {
        "$schema": "https://example.com/schema.json",
        "basics": {
            "name": "Ada Obi",
            "email": "ada.obi@example.com",
            "phone": "+1 202 555 0134",
            "location": {"city": "Oslo", "countryCode": "NO", "postalCode": 150},
            "profiles": [{"network": "GitHub", "username": "adaobi", "url": "https://github.com/adaobi"}],
            "pronouns": "she/her",
        },
        "work": [
            {
                "name": "Acme",
                "position": "Engineer",
                "startDate": "2019",
                "endDate": "",
                "highlights": ["Built the billing system", "Cut costs by 20 %", "Led six people"],
                "team": {"size": 6, "remote": True},
            },
            {"name": "Globex", "position": "Analyst", "startDate": "2015-03", "endDate": "2018-12", "highlights": []},
        ],
        "education": [{"institution": "Oslo University", "studyType": "MSc", "area": "Physics", "courses": ["Optics"]}],
        "projects": [{"name": "Lamp", "highlights": ["Glows"], "keywords": ["C"], "startDate": "2020"}],
        "skills": [{"name": "Languages", "keywords": ["Python", "Go"]}],
        "languages": [{"language": "Norwegian", "fluency": "native"}],
        "meta": {"theme": "plain", "nested": [[1, 2.5, None, False]]},
    }


def test_everything_comes_back_unknown_fields_included() -> None:
    document = person()
    before = copy.deepcopy(document)
    parsed = parse_profile(document)
    assert export_document(parsed.document) == before
    assert document == before
    assert parsed.dropped == ()


def test_the_view_shows_the_facts() -> None:
    profile = parse_profile(person()).profile
    assert profile.contact.name == "Ada Obi"
    assert profile.contact.city == "Oslo"
    assert [(role.employer, role.title, role.current) for role in profile.roles] == [
        ("Acme", "Engineer", True),
        ("Globex", "Analyst", False),
    ]
    assert [bullet.text for bullet in profile.roles[0].bullets][1] == "Cut costs by 20 %"
    assert profile.degrees[0].courses[0].text == "Optics"
    assert profile.skills[0].keywords == ("Python", "Go")


def test_ids_are_unique_deterministic_and_stable_on_rereading() -> None:
    first, second = parse_profile(person()), parse_profile(person())
    assert first.document == second.document
    ids = [fact.id for fact in first.profile.facts()]
    assert len(ids) == len(set(ids))
    assert parse_profile(first.document).document == first.document


def _bullet_ids(document: dict[str, Any], previous: dict[str, Any]) -> dict[str, str]:
    profile = parse_profile(document, previous=previous).profile
    return {bullet.text: bullet.id for role in profile.roles for bullet in role.bullets}


def test_ids_survive_edits_insertions_and_reordering() -> None:
    old = parse_profile(person())
    known = {bullet.text: bullet.id for role in old.profile.roles for bullet in role.bullets}
    new = person()
    new["work"][0]["position"] = "Senior Engineer"
    new["work"][0]["highlights"] = [
        "Led six people",
        "An entirely new achievement about fish",
        "Built the billing system and its tests",
        "Cut costs by 20 %",
    ]
    new["work"].reverse()
    ids = _bullet_ids(new, old.document)
    assert ids["Led six people"] == known["Led six people"]
    assert ids["Built the billing system and its tests"] == known["Built the billing system"]
    assert ids["Cut costs by 20 %"] == known["Cut costs by 20 %"]
    assert ids["An entirely new achievement about fish"] not in known.values()
    roles = parse_profile(new, previous=old.document).profile.roles
    assert roles[1].id == old.profile.roles[0].id


def test_a_removed_text_that_returns_beside_its_edit_gets_another_id() -> None:
    old = parse_profile(person())
    new = person()
    new["work"][0]["highlights"][0] = "Built the whole billing system"
    edited = parse_profile(new, previous=old.document)
    new["work"][0]["highlights"].append("Built the billing system")
    ids = _bullet_ids(new, edited.document)
    assert ids["Built the whole billing system"] == old.profile.roles[0].bullets[0].id
    assert len(set(ids.values())) == len(ids)


def test_a_client_cannot_borrow_or_double_an_id() -> None:
    old = parse_profile(person())
    forged = copy.deepcopy(old.document)
    work: Any = forged["work"]
    work[1]["x-id"] = work[0]["x-id"]
    work[0]["x-highlight-ids"] = ["<script>"] * 3
    profile = parse_profile(forged).profile
    ids = [fact.id for fact in profile.facts()]
    assert len(ids) == len(set(ids))
    assert all("<" not in identifier for identifier in ids)


def test_several_positions_at_one_employer() -> None:
    document = person()
    document["work"] = [
        {
            "name": "Acme",
            "location": "Oslo",
            "positions": [
                {"position": "Lead", "startDate": "2021", "highlights": ["Leads"]},
                {"title": "Engineer", "startDate": "2019", "endDate": "2021", "highlights": ["Builds"]},
            ],
        },
        {"company": "Initech", "position": "Clerk", "startDate": "2010", "endDate": "2012"},
        {"company": "Initech", "position": "Intern", "startDate": "2009", "endDate": "2010"},
    ]
    parsed = parse_profile(document)
    assert [(role.employer, role.title) for role in parsed.profile.roles] == [
        ("Acme", "Lead"),
        ("Acme", "Engineer"),
        ("Initech", "Clerk"),
        ("Initech", "Intern"),
    ]
    assert export_document(parsed.document) == document
    assert parse_profile(document, previous=parsed.document).document == parsed.document


@pytest.mark.parametrize(
    ("place", "value", "pointer", "code"),
    [
        (("basics", "email"), "not a mail", "/basics/email", "invalid_email"),
        (("basics", "url"), "javascript:alert(1)", "/basics/url", "invalid_url"),
        (("basics", "phone"), ["1"], "/basics/phone", "not_a_text"),
        (("basics", "profiles"), "x", "/basics/profiles", "not_a_list"),
        (("work", 0, "startDate"), "banana", "/work/0/startDate", "invalid_date"),
        (("work", 0, "startDate"), "2019-13", "/work/0/startDate", "invalid_date"),
        (("work", 0, "highlights"), {"a": 1}, "/work/0/highlights", "not_a_list"),
        (("work", 0, "highlights", 1), {"a": 1}, "/work/0/highlights/1", "not_a_text"),
        (("work", 1), "text", "/work/1", "not_an_object"),
        (("volunteer",), 7, "/volunteer", "not_a_list"),
        (("meta", "theme"), "a\x00b", "/meta/theme", "unstorable_character"),
        (("meta", "theme"), float("nan"), "/meta/theme", "not_a_number"),
        (("a/b~c",), float("inf"), "/a~1b~0c", "not_a_number"),
    ],
)
def test_one_bad_field_never_loses_the_rest(place: tuple[Any, ...], value: object, pointer: str, code: str) -> None:
    document: Any = person()
    target = document
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    parsed = parse_profile(document)
    assert [(dropped.pointer, dropped.code) for dropped in parsed.dropped] == [(pointer, code)]
    assert all(dropped.reason for dropped in parsed.dropped)
    assert parsed.profile.contact.name == "Ada Obi"
    assert len(parsed.profile.roles) >= 1
    assert "Languages" in [group.name for group in parsed.profile.skills]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        ("text", ""),
        (None, ""),
        ({}, "/basics/name"),
        ({"basics": {"name": " "}}, "/basics/name"),
        ({"basics": []}, "/basics/name"),
        ({"basics": {"name": {"first": "A"}}}, "/basics/name"),
    ],
)
def test_only_a_missing_root_or_name_refuses_the_whole(document: object, pointer: str) -> None:
    with pytest.raises(InvalidProfile) as caught:
        parse_profile(document)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]
    assert caught.value.problems[0].message.endswith(".")


def test_deep_nesting_is_cut_and_said() -> None:
    document = person()
    deep: Any = "end"
    for _ in range(200):
        deep = [deep]
    document["meta"] = deep
    assert [dropped.code for dropped in parse_profile(document).dropped] == ["too_deep"]


def test_very_many_bullets_stay_bounded() -> None:
    document = person()
    document["work"][0]["highlights"] = [f"Did the thing number {number}" for number in range(2_000)]
    parsed = parse_profile(document)
    assert len(parsed.profile.roles[0].bullets) == 500
    document["work"][0]["highlights"] = [f"Made the thing number {number}" for number in range(500)]
    again = parse_profile(document, previous=parsed.document)
    assert len({bullet.id for bullet in again.profile.roles[0].bullets}) == 500


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["work", "education", "skills", "x", "projects", "languages"]), json_values))
def test_any_json_is_read_and_can_be_stored(sections: dict[str, Any]) -> None:
    parsed = parse_profile({"basics": {"name": "Ada"}, **sections})
    assert "\x00" not in json.dumps(parsed.document, ensure_ascii=False)
    ids = [fact.id for fact in parsed.profile.facts()]
    assert len(ids) == len(set(ids))
    assert parse_profile(parsed.document).document == parsed.document


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30), max_size=12))
def test_bullets_come_back_exactly(texts: list[str]) -> None:
    document = {"basics": {"name": "Ada"}, "work": [{"name": "Acme", "highlights": texts}]}
    parsed = parse_profile(document)
    assert export_document(parsed.document) == document
    assert len(parsed.profile.roles[0].bullets) == sum(bool(text.strip()) for text in texts)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared sample resumes are not here")
def test_public_samples_come_back_unchanged() -> None:
    for path in sorted(SAMPLES.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert export_document(parse_profile(document).document) == document, path.name
