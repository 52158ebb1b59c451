"""Hostile documents are refused quickly and with a message that says what to do."""

import time

import pytest

from renderer import DocumentTooComplex, DocumentTooLarge, RenderError, limits

HOSTILE: list[tuple[str, str, type[RenderError]]] = [
    ("a 2 MB line", "a " * 1_000_000, DocumentTooLarge),
    ("500 nested lists", "\n".join("  " * depth + "- a" for depth in range(300)), DocumentTooComplex),
    ("500 nested quotes", ">" * 500 + " a", DocumentTooComplex),
    ("10,000 table cells", "|a|b|\n|-|-|\n" + "|x|y|\n" * 1_900, DocumentTooComplex),
    ("100 columns", "|a" * 100 + "|\n" + "|-" * 100 + "|\n", DocumentTooComplex),
    ("a data image", "![x](data:image/png;base64," + "A" * 26_000 + ")", DocumentTooComplex),
    ("deep emphasis", "*a " * 200 + "x" + " b*" * 200, DocumentTooComplex),
    ("a run of asterisks", "*" * 5_000 + "a" + "*" * 5_000, DocumentTooComplex),
    ("bidi overrides", "abc \u202egnp.exe", DocumentTooComplex),
    ("zalgo", "Z" + "\u0300\u0327\u0334" * 20 + "algo", DocumentTooComplex),
    ("20 kB of - a", "- a\n" * 5_000, DocumentTooComplex),
    ("30,000 open brackets", "[a " * 30_000, DocumentTooComplex),
    ("open images", "![a " * 20_000, DocumentTooComplex),
    ("30,000 open underscores", "_a " * 30_000, DocumentTooComplex),
    ("runs of backticks", " ".join("`" * count for count in range(1, 59)) * 50, DocumentTooComplex),
    ("thousands of links", "[a](https://example.com/x) " * 3_000, DocumentTooComplex),
    ("bare addresses", "https://example.com/a " * 4_000, DocumentTooComplex),
    ("a bomb of references", "[a]: https://example.com\n" + "[a] " * 20_000, DocumentTooComplex),
    ("soft hyphens", "a\u00ad" * 20_000, DocumentTooComplex),
    ("unclosed tags", "<div>" * 15_000, DocumentTooComplex),
    ("a word of 5,000 letters", "x" * 5_000, DocumentTooComplex),
    ("50,000 code spans", "`a` " * 12_000, DocumentTooComplex),
]


@pytest.mark.parametrize(("what", "markdown", "error"), HOSTILE, ids=[item[0] for item in HOSTILE])
def test_refused_within_a_second(what: str, markdown: str, error: type[RenderError]) -> None:
    started = time.process_time()
    with pytest.raises(error) as refusal:
        limits.check(markdown)
    assert time.process_time() - started < 1, what
    assert refusal.value.status in {413, 422}
    assert any(word in refusal.value.message for word in ("Shorten", "Flatten", "Remove"))


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "## Experience\n\n" + "- " + "a good long bullet " * 8 + "\n",
        "- https://example.com/" + "a" * 300,
        "Nguyễn Việt Đức, เพื่อน, שָׁלוֹם",
        "- a\n  - b\n    - c\n      1. d",
        "日本語" * 1_000,
    ],
)
def test_a_resume_passes(markdown: str) -> None:
    limits.check(markdown)
