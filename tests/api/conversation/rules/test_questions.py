"""The question set is data: eleven questions, five with two items each, nothing forbidden asked."""

import re

import pytest

from api.conversation.rules.questions import TRAITS, UnknownLanguage, available_languages, load_questions

FORBIDDEN = re.compile(
    r"health|illness|disab|medic|religio|church|faith|politic|vote|famil|child|married|pregnan|age\b|ethnic",
    re.IGNORECASE,
)


def test_there_are_eleven_questions_five_stories_and_six_job_facts() -> None:
    questions = load_questions().questions
    assert [question.kind for question in questions] == ["story"] * 5 + ["job_fact"] * 6
    assert [question.trait for question in questions[:5]] == list(TRAITS)


def test_every_story_has_one_plain_and_one_reversed_item_of_its_trait() -> None:
    for question in load_questions().questions:
        expected = [False, True] if question.kind == "story" else []
        assert [item.reversed for item in question.items] == expected
        assert all(item.trait == question.trait for item in question.items)


def test_the_instrument_is_complete_with_the_optional_items() -> None:
    items = list(load_questions().items())
    assert len(items) == 20 == len({item.id for item in items}) == len({item.text for item in items})
    assert len(load_questions().optional_items) == 10
    reversed_count = {trait: sum(item.reversed for item in items if item.trait == trait) for trait in TRAITS}
    assert reversed_count == {
        "openness": 3,
        "conscientiousness": 2,
        "extraversion": 2,
        "agreeableness": 2,
        "neuroticism": 2,
    }


def test_ids_are_unique_and_nothing_private_is_asked() -> None:
    questions = load_questions().questions
    assert len({question.id for question in questions}) == 11
    for question in questions:
        assert not FORBIDDEN.search(question.text), question.text


def test_stories_ask_for_past_behaviour() -> None:
    for question in load_questions().questions[:5]:
        assert re.match(r"Tell me about (a|one) ", question.text)
        assert question.text.endswith("?")


def test_the_source_of_the_items_is_named() -> None:
    assert "ipip.ori.org" in load_questions().source
    assert "2006" in load_questions().source


@pytest.mark.parametrize("language", ["xx", "../en", "", "en.yaml", "EN"])
def test_an_unknown_language_says_which_there_are(language: str) -> None:
    with pytest.raises(UnknownLanguage, match="en"):
        load_questions(language)
    assert "en" in available_languages()
