"""How Word wants a document's language: one setting for each kind of script, and fonts that have its letters.

Word checks spelling by `w:lang`, whose `val` is for Latin letters, `eastAsia` for Chinese, Japanese and Korean, and
`bidi` for scripts from right to left (ECMA-376, CT_Language).
"""

from __future__ import annotations

from renderer.direction import language_is_right_to_left

ELSEWHERE = "en-US"
"""For the Latin words in a document of another script."""
EAST_ASIA = {
    "ja": "Yu Gothic",
    "ko": "Malgun Gothic",
    "zh": "Microsoft YaHei",
    "zh-hant": "Microsoft JhengHei",
    "zh-tw": "Microsoft JhengHei",
    "zh-hk": "Microsoft JhengHei",
}
"""Fonts that come with Word, by language; Calibri has none of these letters."""


def font_of_east_asia(language: str) -> str | None:
    """The font for Chinese, Japanese or Korean, or None for other languages."""
    parts = language.lower().split("-")
    found = [font for tag, font in EAST_ASIA.items() if parts[: len(tag.split("-"))] == tag.split("-")]
    return found[-1] if found else None


def word_languages(language: str) -> dict[str, str]:
    """The attributes of `w:lang`."""
    if font_of_east_asia(language):
        return {"val": ELSEWHERE, "eastAsia": language}
    if language_is_right_to_left(language):
        return {"val": ELSEWHERE, "bidi": language}
    return {"val": language}
