from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from api.generation.rules.markdown_text import (
    literal,
    literal_heading,
    literal_start,
    markdown_lines,
    one_line,
    plain_text,
    web_link,
)

LITERALS = [
    "5*3*2=30",
    "__init__",
    "snake_case_name",
    "C#",
    "C# and F#",
    "C #",
    "# not a heading",
    "- not an item",
    "1. not a list",
    "2) x",
    "<script>alert(1)</script>",
    "List<String>",
    "[x](javascript:alert(1))",
    "![a](b)",
    '<link rel=attachment href="file:///etc/passwd">',
    "Skill A | Skill B",
    "$5 and $10",
    "latency <1%",
    "R&D",
    "AT&T",
    "&amp; &copy;",
    "`code`",
    "a ~~b~~ c",
    "> quote",
    "+ plus",
    "***",
    "---",
    "===",
    "\\backslash\\",
    "*",
    "_",
    "a_b_",
    "_a",
    "www.example.com",
    "x\\*y",
    "## C#",
    "10) 20)",
    "~~~",
    "|a|b|",
    "2019.",
    "日本語*強調*です",
    "*.py",
    "f(x)[0]",
    "<https://example.com>",
    "* * *",
    "\t- tab",
    "[^1]",
    "[ref]: http://x.example",
]


def shown(markdown: str) -> str:
    """The text of the first inline token, as a CommonMark reader shows it."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    blocks = [token for token in reader.parse(markdown) if token.type == "inline"]
    assert len(blocks) == 1, [token.type for token in reader.parse(markdown)]
    parts = []
    for child in blocks[0].children or []:
        assert child.type == "text", (child.type, markdown)
        parts.append(child.content)
    return "".join(parts)


@pytest.mark.parametrize("text", LITERALS)
@pytest.mark.parametrize("prefix", ["", "- ", "### "])
def test_shown_letter_for_letter(text: str, prefix: str) -> None:
    escaped = literal_heading(text) if prefix == "### " else literal_start(text)
    markdown = prefix + escaped
    assert shown(markdown) == one_line(text)


@pytest.mark.parametrize("text", LITERALS)
def test_the_way_back(text: str) -> None:
    assert plain_text(literal(text)) == one_line(text)


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab*_`[]()<>#+-.!|~&;:=\\1 )\t\n\u2028é日"), min_size=1, max_size=24))
def test_any_text_is_shown_and_comes_back(text: str) -> None:
    plain = one_line(text)
    if not plain:
        return
    assert plain_text(literal(text)) == plain
    for prefix, escaped in (("- ", literal_start(text)), ("", literal_start(text)), ("### ", literal_heading(text))):
        assert shown(prefix + escaped) == plain


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://www.example.com/a/", "[example.com/a](https://www.example.com/a/)"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("", ""),
        ("https://exa mple.com", ""),
        ("https://example.com/(x)", "[example.com/(x)](https://example.com/%28x%29)"),
    ],
)
def test_only_web_addresses_become_links(url: str, link: str) -> None:
    assert web_link(url) == link


def test_lines_know_their_section() -> None:
    page = "## Skills\n\n**Tools:** C\\#, Go\n\n### Cook, *Inn*\n\n- 5\\*3 [x](https://e.example)\n"
    lines = [(line.number, line.level, line.text, line.section) for line in markdown_lines(page)]
    assert lines == [
        (1, 2, "Skills", "Skills"),
        (3, 0, "Tools: C#, Go", "Skills"),
        (5, 3, "Cook, Inn", "Skills"),
        (7, 0, "5*3 x", "Skills"),
    ]
