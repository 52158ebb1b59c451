"""What a person typed stays on the page, letter for letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer import characters
from renderer.markdown import parse, safe_address, visible_text


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        ("## C#", "C#"),
        ("## C# and F#", "C# and F#"),
        ("### F# Developer, .NET Shop", "F# Developer, .NET Shop"),
        ("5*3*2=30", "5*3*2=30"),
        ("a*b*c and 2 * 3 * 4", "a*b*c and 2 * 3 * 4"),
        ("__init__", "__init__"),
        ("`__main__` and __slots__, __call__", "__main__ and __slots__, __call__"),
        ("snake_case_name and _private", "snake_case_name and _private"),
        (r"Skill A \| Skill B", "Skill A | Skill B"),
        ("$5 and $10", "$5 and $10"),
        ("latency <1% and >99%", "latency <1% and >99%"),
        ("R&D, AT&T", "R&D, AT&T"),
        ("List<String>, Map<K, V>", "List<String>, Map<K, V>"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        (
            '<link rel=attachment href="file:///etc/passwd">',
            '<link rel=attachment href="file:///etc/passwd">',
        ),
        ("<!-- note -->", "<!-- note -->"),
        ("**kwargs and *args", "**kwargs and *args"),
        ("~50 people, ~~20~~", "~50 people, ~~20~~"),
        ("[ref]: https://example.com", "[ref]: https://example.com"),
        (r"\\server\share and (\\fs01.example.com\x$)", r"\\server\share and (\\fs01.example.com\x$)"),
        (r"C:\\Users\\ada, \\ back, a\\b\\c", r"C:\Users\ada, \ back, a\b\c"),
        ("[](https://example.com/e) and [ ](mailto:a@example.com)", "https://example.com/e and  mailto:a@example.com"),
        ("[](javascript:alert(1))", "[](javascript:alert(1))"),
        ("![logo](file:///etc/passwd)", "logo (file:///etc/passwd)"),
        ("    indented by a form", "indented by a form"),
        ("**重要**です", "重要です"),
        ("これは**「引用」**を見る", "これは「引用」を見る"),
        ("**（株）見本**で", "（株）見本で"),
        ("2019. A good year\n\n2020) Another", "2019. A good year\n2020) Another"),
        ("| a | b |\n|---|---|\n| x | y | z |", "a\nb\nx\ny\nz"),
        ("**bold** and *italic*", "bold and italic"),
        ("foo" * 20 + "/**bar**/" + "baz" * 20, "foo" * 20 + "/bar/" + "baz" * 20),
    ],
)
def test_visible_text(source: str, visible: str) -> None:
    assert visible_text(parse(source)) == visible


def test_a_list_directly_below_a_line_is_a_list() -> None:
    assert [token.type for token in parse("Skills:\n- Python")].count("list_item_open") == 1


@pytest.mark.parametrize(
    ("source", "items"),
    [
        ("• one\n● two\n▪ three", 3),
        ("\uf0b7\tone\n\uf0a7 two\no\tthree\n§\tfour", 4),
        ("❖ one\n► two\n⁃ three", 3),
        ("-\u00a0one\n1.\u00a0two\n\u00a0- three", 3),
        ("– one\n— two\n\n• three\n– four", 4),
        ("– Ada Lovelace\n\no no\n\n§ 242\n\n→ then", 0),
    ],
)
def test_bullets_from_a_word_processor_are_a_list(source: str, items: int) -> None:
    assert [token.type for token in parse(source)].count("list_item_open") == items


def test_a_heading_with_an_unbreakable_space_is_a_heading() -> None:
    assert parse("##\u00a0Skills")[0].type == "heading_open"


@pytest.mark.parametrize(
    ("source", "addresses"),
    [
        ("see https://example.com/a_(b).", ["https://example.com/a_(b)"]),
        ("[site](https://example.com) and <https://example.org>", ["https://example.com", "https://example.org"]),
        ("[mail](mailto:a@example.com)", ["mailto:a@example.com"]),
        ("[x](javascript:alert(1)) [y](file:///etc/passwd) [z](data:text/html,x)", []),
    ],
)
def test_links_that_may_be_followed(source: str, addresses: list[str]) -> None:
    children = [child for token in parse(source) for child in token.children or ()]
    links = [safe_address(child.attrGet("href")) for child in children if child.type == "link_open"]
    assert [link for link in links if link] == addresses


def test_emphasis_inside_a_long_word_is_taken_off() -> None:
    tokens = parse("https://example.com/" + "a" * 40 + "/**bold**/" + "b" * 40)
    assert not [child for token in tokens for child in token.children or () if child.type == "strong_open"]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("verification workflow efficient ﬁle", "verification workflow efficient file"),
        ("ﬀ ﬃ ﬄ ﬅ", "ff ffi ffl st"),
        ("e\u0301", "é"),
        ("𝐁𝐨𝐥𝐝 𝓢𝓬𝓻𝓲𝓹𝓽 𝟓", "Bold Script 5"),
        ("soft\u00adhyphen", "softhyphen"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("nul\x00bell\x07", "nulbell"),
        ("a\u2028b\u0085c", "a b c"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x\u200dy", "xy"),
        ("lone \ud800 surrogate", "lone  surrogate"),
    ],
)
def test_characters_are_cleaned(raw: str, clean: str) -> None:
    assert characters.clean(raw).text == clean


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = characters.clean(text).text
    assert characters.clean(once).text == once


@given(st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=60))
def test_plain_words_survive_parsing(word: str) -> None:
    clean = characters.clean(word).text
    assert visible_text(parse(clean)) == clean
