"""The shape of the data files: a mistake in one fails here, not in front of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.generation.rules.data_files import DATA, read_yaml
from api.generation.rules.framing import FRAMING_NAMES

FILES = sorted(path.name for path in DATA.glob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_is_a_mapping_without_repeated_keys(name: str) -> None:
    content = read_yaml(name)
    assert isinstance(content, dict)
    top = re.findall(r"^([A-Za-z_][\w-]*):", (DATA / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(top) == len(set(top)) == len(content)


def patterns() -> Iterator[tuple[str, str]]:
    words: dict[str, Any] = read_yaml("ad_words.yaml")
    for key, value in words.items():
        if isinstance(value, str):
            yield key, value
        elif key in ("degrees", "seniority"):
            yield from ((f"{key}.{row['level']}", row["pattern"]) for row in value)
    for key, lines in read_yaml("requirement_words.yaml").items():
        yield from ((f"{key}[{index}]", line) for index, line in enumerate(lines))
    pay = read_yaml("pay.yaml")
    yield from ((f"periods.{period}", pattern) for period, pattern in pay["periods"].items())
    yield from ((key, pay[key]) for key in ("pay_words", "other_money", "unquantified"))
    phrasing = read_yaml("phrasing.yaml")
    yield from (
        (f"{key}[{index}]", row[0]) for key in ("openings", "fillers") for index, row in enumerate(phrasing[key])
    )


@pytest.mark.parametrize(("where", "pattern"), list(patterns()))
def test_patterns_compile_and_do_not_match_nothing(where: str, pattern: str) -> None:
    assert re.compile(pattern).search("") is None, where


def test_summary_words_cover_every_framing() -> None:
    languages = read_yaml("summary_words.yaml")["languages"]
    assert {"en", "de", "fr", "es", "pt", "nl"} <= set(languages) <= set(read_yaml("headings.yaml"))
    for words in languages.values():
        assert set(words) == {*FRAMING_NAMES, "joint", "years"}
        assert all(words[framing].count("{}") == 1 for framing in FRAMING_NAMES)
        assert "{0}" in words["years"]
        assert "{1}" in words["years"]


def test_verbs_that_are_exchanged_are_known() -> None:
    phrasing = read_yaml("phrasing.yaml")
    kinds = set(phrasing["verb_of"].values())
    assert set(phrasing["keep_verb_before"]) <= kinds
    assert set(phrasing["needs_figure"]) <= kinds


def test_claims_are_small_letters() -> None:
    claims = read_yaml("claims.yaml")
    for spellings in claims["claims"].values():
        assert all(str(spelling) == str(spelling).lower() for spelling in spellings)
    assert len(set(claims["occupations"])) == len(claims["occupations"])


def test_small_words_are_words() -> None:
    assert "on" in read_yaml("claims.yaml")["plain_words"]
    assert "on" in read_yaml("taxonomy_rules.yaml")["context"]["go"]["not_before"]
