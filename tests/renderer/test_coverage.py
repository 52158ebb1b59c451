"""Letters that need no asking are in every bundled font."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from renderer.coverage import is_surely_drawn
from renderer.page import TEMPLATES_FOLDER


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES_FOLDER.rglob("*.ttf")), ids=lambda path: f"{path.parts[-3]}-{path.stem}"
)
def test_letters_taken_for_granted_are_in_every_bundled_font(path: Path) -> None:
    letters = set(TTFont(path).getBestCmap())
    assert {chr(code) for code in range(0x20, 0x3000) if is_surely_drawn(chr(code)) and code not in letters} == set()


@pytest.mark.parametrize(
    ("text", "sure"), [("naïve – “R&D”\n€5 • Łódź", True), ("日本", False), ("Ada 🚀", False), ("a\x00b", False)]
)
def test_what_is_taken_for_granted(text: str, sure: bool) -> None:
    assert is_surely_drawn(text) is sure
