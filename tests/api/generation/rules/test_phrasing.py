from __future__ import annotations

import pytest

from api.generation.rules.framing import framing_named
from api.generation.rules.phrasing import phrase_bullet


@pytest.mark.parametrize(
    ("text", "phrased"),
    [
        ("Was responsible for managing a team of 5", "Managed a team of 5"),
        ("Responsible for the budget", "Responsible for the budget"),
        ("Responsible for managing shops and training staff", "Responsible for managing shops and training staff"),
        ("I built a shed.", "Built a shed"),
        ("Successfully won the cup", "Won the cup"),
        ("Utilized tools in order to save time", "Used tools to save time"),
        ("Ran reports on a weekly basis", "Ran reports weekly"),
        ("Helped to build a bridge", "Helped to build a bridge"),
        ("iOS app with 3 screens", "iOS app with 3 screens"),
        ("dbt models for sales", "dbt models for sales"),
        ("Worked at Example Inc.", "Worked at Example Inc."),
        ("Led A. Then led B.", "Led A. Then led B."),
        ("  two   spaces ", "two spaces"),
        ("", ""),
    ],
)
def test_tightens_without_touching_facts(text: str, phrased: str) -> None:
    assert phrase_bullet(text, verbs={}, english=True) == phrased


@pytest.mark.parametrize(
    ("framing", "text", "phrased"),
    [
        ("inventive", "Built a tool", "Created a tool"),
        ("energetic", "Reduced cost by 4%", "Slashed cost by 4%"),
        ("energetic", "Reduced cost", "Reduced cost"),
        ("steady", "Built with care", "Built with care"),
        ("steady", "Built and ran a shop", "Built and ran a shop"),
        ("collaborative", "Worked on trains", "Worked on trains"),
        ("neutral", "Built a tool", "Built a tool"),
        ("collaborative", "Trained fraud classifiers on a platform", "Trained fraud classifiers on a platform"),
        ("collaborative", "Trained six baristas", "Coached six baristas"),
        ("steady", "Built a team of 5 engineers", "Built a team of 5 engineers"),
        ("steady", "Developed relationships with 40 clients", "Developed relationships with 40 clients"),
        ("energetic", "Improved latency by 40%", "Improved latency by 40%"),
        ("energetic", "Cut hair for 30 customers a day", "Cut hair for 30 customers a day"),
        ("structured", "Cut roof tiles for 12 houses", "Cut roof tiles for 12 houses"),
        ("structured", "Cut spend from $12 to $9", "Reduced spend from $12 to $9"),
        ("steady", "Grew the team by 50%", "Grew the team by 50%"),
    ],
)
def test_exchanges_only_equal_verbs(framing: str, text: str, phrased: str) -> None:
    assert phrase_bullet(text, verbs=framing_named(framing).verbs, english=True) == phrased


def test_other_languages_stay_as_they_are() -> None:
    assert phrase_bullet("Built  das Haus.", verbs={"build": "Created"}, english=False) == "Built das Haus."
