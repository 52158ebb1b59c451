"""Mail and web addresses in free text, in any writing, and as people write them to hide them from programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

NO_MARK = r"\s@<>()\[\]{},;:：，、。；「」『』\"“”|/\\\\"
AT = r"(?:@|\s?[\[({<]\s?(?:at|@|a|ät|arroba|chez|собака)\s?[\])}>]\s?)"
DOT = r"(?:[.．。]|\s?[\[({<]\s?(?:dot|punkt|point|punto|ponto|точка|\.)\s?[\])}>]\s?)"
LABEL = rf"[^{NO_MARK}.!?'’]{{1,63}}"
EMAIL = re.compile(
    rf"(?<![^{NO_MARK}])(?:[\w+-]{{1,64}}\s?[\[({{<]\s?dot\s?[\])}}>]\s?){{0,3}}[^{NO_MARK}]{{1,256}}{AT}{LABEL}(?:{DOT}{LABEL}){{1,8}}"
    rf'|"[^"\n@]{{1,64}}"@{LABEL}(?:{DOT}{LABEL}){{1,8}}'
    r"|(?<![^\W_])[a-z0-9]{1,64}(?:[._-][a-z0-9]{1,64}){0,4}_at_[a-z0-9-]{1,63}(?:_dot_[a-z0-9-]{1,63}){1,4}(?![^\W_])"
    r"|\b[\w.+-]{1,64}(?:\s+dot\s+[\w-]+){0,2}\s+(?:at|[\[({<]\s?at\s?[\])}>])\s+[\w-]+(?:\s+dot\s+[\w-]+){1,4}"
    r"|(?<![\w@.])[a-z0-9][a-z0-9._+-]{0,63}\s@\s?[a-z0-9-]+(?:\.[a-z0-9-]+){0,3}\.[a-z]{2,}"
    r"|(?<![\w@.])[a-z0-9][a-z0-9._+-]{0,63}@\s[a-z0-9-]+(?:\.[a-z0-9-]+){0,3}\.[a-z]{2,}",
    re.IGNORECASE,
)
EMAIL_HINT = re.compile(
    r"@|[\[({<]\s?(?:at|a|ät|arroba|chez|собака)\s?[\])}>]|\sat\s.*\sdot\s|_at_", re.IGNORECASE | re.DOTALL
)
TOP = (
    "com|org|edu|gov|mil|int|info|biz|name|dev|app|io|ai|me|co|tv|to|ly|gg|xyz|site|online|tech|page|link|bio|jobs|blog|pro"
    "|uk|de|fr|in|eu|ru|ua|by|kz|pl|cz|sk|gr|il|cn|jp|kr|tw|hk|th|ae|sa|eg|tr|nl|be|ch|at|it|es|pt|br|mx|ar|cl|pe|se|no|fi"
    "|dk|ie|au|nz|ca|us|sg|my|id|ph|vn|za|ng|ke|ro|hu|bg|hr|rs|ee|lv|lt|is|lu|рф|укр|бел|срб|中国|中國|公司|网络|香港|台灣|한국|भारत"
    "|ไทย|امارات|مصر|السعودية"
)
BARE_TOP = "com|org|info|dev|de|fr|eu|ru|jp|cn|pl|nl|ch|uk|br|рф|укр|中国|公司"
"""Endings that make a web address of a name without a path; others are words (in, it, is) or libraries (io, net)."""
URL = re.compile(
    r"data:image/[\w.+-]{2,20};base64,[\w+/=-]{8,}"
    r"|(?:(?:https?|hxxps?|ftp)\s?:\s?//|www\.)[^\s<>\"'`\])}，。；、]{2,2000}"
    rf"|(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{TOP}|(?-i:net))(?::\d{{2,5}})?/[^\s<>\"'`\])}}，。；、]{{1,2000}}"
    rf"|(?<![\w@.-])(?-i:[a-z0-9\u0080-\uffff-]{{3,63}}(?:\.[a-z0-9-]{{2,63}}){{0,2}}\.(?:{BARE_TOP}))(?![\w-]|\.\w)",
    re.IGNORECASE,
)
URL_HINT = re.compile(rf";base64,|://|: //|www\.|\.(?:{TOP}|net)(?!\w)", re.IGNORECASE)


def email_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each mail address."""
    if ("@" in text or any(mark in text for mark in "[({<") or may_be_spelt_out(text)) and EMAIL_HINT.search(text):
        for found in EMAIL.finditer(text):
            yield found.span()


def may_be_spelt_out(text: str) -> bool:
    """Whether a mail address may stand in words: `ann at example dot com`, `ann_at_example_dot_com`."""
    lower = text.lower()
    return " dot " in lower or "_at_" in lower


def url_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each web address."""
    if ("." in text or ":" in text) and URL_HINT.search(text):
        for found in URL.finditer(text):
            yield found.span()
