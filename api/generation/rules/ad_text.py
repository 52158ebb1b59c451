"""An ad as its reader sees it: pasted pages bring tags and entities along, and these are no words.

Only tags that pages of ads have are taken out, so that `List<String>` and `latency <1%` stay as written. What only
typesetting put into a word (soft hyphens, ligatures, letters with loose accents) is taken out as well.
"""

from __future__ import annotations

import html
import re
import unicodedata

_BLOCK = re.compile(
    r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|tbody|section|article|header|footer|hr|dl|dt|dd)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"</?(?:a|b|i|u|em|strong|span|font|small|td|th|mark|sup|sub|label|img|code)\b[^<>]{0,300}>", re.IGNORECASE
)
_HIDDEN = re.compile(r"<(script|style)\b[^<>]{0,300}>.{0,20000}?</\1>|<!--.{0,5000}?-->", re.IGNORECASE | re.DOTALL)
_INVISIBLE = re.compile("(?<=[A-Za-z])[\u00ad\u200b\u2060\ufeff](?=[A-Za-z])")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)


def plain_ad_text(text: str) -> str:
    """The text without the remains of a web page; equal to the text when it has none."""
    if "<" in text and _BLOCK.search(text):
        text = _INLINE.sub("", _BLOCK.sub("\n", _HIDDEN.sub(" ", text)))
    elif "<" in text:
        text = _INLINE.sub("", text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if text.isascii():
        return text
    text = _LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match.group()), _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", text)
