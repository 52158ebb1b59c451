"""The names the API accepts are those of the rules: a section or framing added there cannot be forgotten here."""

from __future__ import annotations

from typing import get_args

from api.generation.rules.framing import FRAMING_NAMES
from api.generation.rules.wording import SECTIONS
from api.generation.schemas import FramingChoice, SectionName


def test_sections_are_those_of_the_wording() -> None:
    assert get_args(SectionName) == SECTIONS


def test_framings_are_those_of_the_data_file() -> None:
    assert get_args(FramingChoice) == ("auto", *FRAMING_NAMES)
