"""Text in the form that matching compares, with the same length as the original.

Every match must point into the text the person or employer wrote, so folding never moves a character: capitals become
small, full-width and fancy Latin (as in posts: "𝗣𝘆𝘁𝗵𝗼𝗻") becomes plain, curly quotes and odd dashes become their ASCII
kin, one for one. Letters of other alphabets that look Latin are read as Latin inside a Latin word. Addresses (mail,
web) are blanked, because a host name is not a claim of a skill.
"""

from __future__ import annotations

import re
import unicodedata

_ONE_FOR_ONE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_ONE_FOR_ONE |= {0x3000: " ", 0x00A0: " ", 0x2007: " ", 0x202F: " ", 0x2009: " ", 0x200B: " ", 0xFEFF: " "}
_ONE_FOR_ONE |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212, 0x00AD), "-")
_ONE_FOR_ONE |= {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2028: "\n", 0x2029: "\n", 0x0085: "\n"}
_ONE_FOR_ONE |= {0x30FB: "/", 0xFF65: "/", 0x2022: "\n"}

# Letters in bold, italics, circles and squares: fancy writing of plain ones.
_ONE_FOR_ONE |= {
    code: plain
    for code in (*range(0x1D400, 0x1D800), *range(0x2460, 0x2500))
    if len(plain := unicodedata.normalize("NFKC", chr(code))) == 1 and plain.isalnum() and plain.isascii()
}
_LOOK_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁԛԝһкΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTYXaesijopcyxdqwhkABEZHIKMNOPTYXo"
)
_LETTER = r"[^\W\d_]"
# Possessive, so that a word is read once: this runs over every ad.
_TWO_ALPHABETS = re.compile(
    rf"(?<!{_LETTER})(?:[A-Za-z]++[\u0370-\u052f]|[\u0370-\u052f]++[A-Za-z])[A-Za-z\u0370-\u052f]*+(?!{_LETTER})"
)
_OTHER_ALPHABET = re.compile(r"[\u0370-\u052f]")

# The letters beyond the basic plane as one range: listed one by one they would be compared one by one.
_BASIC = "".join(re.escape(chr(code)) for code in _ONE_FOR_ONE if code <= 0xFFFF)
_ODD = re.compile(f"[{_BASIC}\U0001d400-\U0001d7ff]")
_WITH_SCHEME = re.compile(r"(?:https?://|www\.)[^\s<>()]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_BARE_HOST = re.compile(r"(?<![\w.-])[\w-]{1,63}\.(?:com|org|net|io|dev)/[^\s<>()]*", re.IGNORECASE)
_BARE_HOST_SIGN = re.compile(r"\.(?:com|org|net|io|dev)/", re.IGNORECASE)


def fold_characters(text: str) -> str:
    """Full-width letters, odd spaces, dashes and quotes in their plain form, capitals kept, length kept."""
    if text.isascii():
        return text
    text = _ODD.sub(lambda match: _ONE_FOR_ONE.get(ord(match.group()), match.group()), text)
    return _TWO_ALPHABETS.sub(_one_alphabet, text) if _OTHER_ALPHABET.search(text) else text


def _one_alphabet(match: re.Match[str]) -> str:
    """The word in Latin, if all its other letters look Latin; a word that truly mixes alphabets stays."""
    latin = match.group().translate(_LOOK_ALIKE)
    return latin if latin.isascii() else match.group()


def fold_case(text: str) -> str:
    """Small letters, one for one: a letter whose small form is longer (such as a dotted capital I) stays."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


def blank_addresses(text: str) -> str:
    """Mail and web addresses replaced by as many spaces, so that their parts are not read as words."""
    if "://" in text or "www." in text.lower():
        text = _WITH_SCHEME.sub(_blank, text)
    if "@" in text:
        text = _MAIL.sub(_blank, text)
    if _BARE_HOST_SIGN.search(text):
        text = _BARE_HOST.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
