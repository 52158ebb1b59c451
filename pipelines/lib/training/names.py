"""Names of people in free text, in every writing a resume may use.

A name that a profile holds is found in any of its forms (known_name). One that nobody told us of is found by what
stands around it: an introduction, a title, a mail address behind it; and, in a text written in Latin letters, by being
the only words in other letters. The cues are data (names.yaml).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.lib.training.ascii_words import ascii_words

PARTICLES = "van|von|der|den|de|del|della|di|da|dos|du|la|le|las|bin|ibn|al|el|ter|ten|zu|af|y"
FOREIGN = (
    r"[\u0370-\u03ff\u1f00-\u1fff\u0400-\u052f\u0530-\u058f\u0590-\u05ff\u0600-\u06ff\u0750-\u077f\u0900-\u0dff"
    r"\u0e00-\u0eff\u10a0-\u10ff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af々ー·]"
)
FOREIGN_WORDS = re.compile(rf"{FOREIGN}+(?:[\s\u00a0.'’-]{{1,2}}{FOREIGN}+)*")
FOREIGN_LETTER = re.compile(FOREIGN)
LATIN_LETTER = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
MOST_FOREIGN_WORDS, LEAST_FOREIGN_LETTERS = 4, 2
HAN, HANGUL, MOST_HAN = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[\uac00-\ud7af]"), 6
DATA = Path(__file__).with_name("names.yaml")
PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]")


def letters(is_wanted: str) -> str:
    """The letters of Latin, Greek, Cyrillic and Armenian that are upper (`isupper`) or any case, for a class."""
    ranges = ((0x41, 0x250), (0x1E00, 0x1F00), (0x370, 0x400), (0x1F00, 0x2000), (0x400, 0x590))
    return "".join(mark for low, high in ranges for mark in map(chr, range(low, high)) if getattr(mark, is_wanted)())


UPPER = f"[{letters('isupper')}]"
LETTER = f"[{letters('isalpha')}\u0300-\u036f'’]"
WORD = rf"{UPPER}{LETTER}+(?:[-‐‑]{UPPER}?{LETTER}+)*"
INITIAL = rf"{UPPER}\."


@cache
def cues() -> dict[str, Any]:
    """The content of names.yaml."""
    document: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return document


@cache
def patterns() -> tuple[tuple[re.Pattern[str] | None, re.Pattern[str]], ...]:
    """Hint and pattern of each way to find a name; the name is the group `name`. Without its hint it is not tried."""
    cased = cues()["cased"]
    never = f"(?!(?:{'|'.join(cased['never'])})\\b)"
    part = rf"{never}(?:{WORD}|{INITIAL})"
    more = rf"\s+(?:(?:{PARTICLES})\s+){{0,2}}{part}"
    full = (
        rf"(?:{never}{WORD},\s+{part}(?:\s+(?:{WORD}|{INITIAL})){{0,2}}(?!\s?:)|{part}(?:{more}|\s?{INITIAL}){{1,3}})"
    )
    introductions, titles = (f"(?<!\\w)(?:{'|'.join(cased[name])})" for name in ("introductions", "titles"))
    is_person = rf"\s+(?:is|was)\s+an?\s+(?:[\w-]+,?\s+){{0,4}}(?:{'|'.join(cased['people'])})\b"
    found: list[tuple[str | None, str]] = [
        (introductions, rf"(?:{introductions})\s+(?P<name>{full})"),
        (titles, rf"(?:{titles})\s+(?P<name>(?:{INITIAL}\s?){{0,2}}{never}{WORD}(?:{more}){{0,2}})"),
        (r"I am|I['’]m", rf"\b(?:I am|I['’]m)\s+(?P<name>{full})(?=,\s+(?:an?|the)\s|\s+and\s+I\b)"),
        (is_person, rf"(?:^|(?<=[.!?\n]\s)|(?<=\n))(?P<name>{full})(?={is_person})"),
        (
            r"\[(?:EMAIL|PHONE)_\d",
            rf"(?P<name>{full})\s?(?:[,:;(<|·•–-]|\b(?:at|on|via)\b)?\s{{0,2}}(?=\[(?:EMAIL|PHONE)_\d)",
        ),
    ]
    doers = f"(?<!\\w)(?:{'|'.join(cased['doers'])})"
    body = rf"(?!(?:\S+\s+){{0,3}}?(?:{'|'.join(cased['bodies'])})\b)"
    found.append((r"(?:\bby|alongside|\bto)\s+[^a-z\s]", rf"(?:{doers})\s+{body}(?P<name>{full})"))
    for rule in cues()["caseless"]:
        word = rf"(?!{rule.get('stop', '(?!)')}(?![{rule['letters']}]))[{rule['letters']}]+"
        found.append((rule["before"], rf"{rule['before']}\s*(?P<name>{word}(?:\s+{word}){{0,{rule['words'] - 1}}})"))
    found += [(None, source) for source in (*cues()["east_asian"], *cues()["patterns"])]
    return tuple((re.compile(hint) if hint else None, re.compile(source)) for hint, source in found)


@cache
def triggers() -> tuple[frozenset[str], ...]:
    """For each of the first patterns, the words of which one stands in every ASCII text that it can match: most texts
    hold none, and a look at their words is much cheaper than a search."""
    cased = cues()["cased"]
    words = (cased["introducing"], cased["titling"], ("i",), cased["people"], ("email", "phone"), cased["doing"])
    return tuple(map(frozenset, words))


def ways_for(text: str) -> Iterator[tuple[re.Pattern[str] | None, re.Pattern[str]]]:
    """The ways to find a name that this text can match."""
    if not text.isascii():
        yield from patterns()
        return
    words = ascii_words(text)
    for way, wanted in zip(patterns(), triggers(), strict=False):
        if not words.isdisjoint(wanted):
            yield way


def name_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each name; spans of different ways to find one may overlap."""
    for hint, pattern in ways_for(text):
        if hint is None or hint.search(text):
            for found in pattern.finditer(text):
                if not PLACEHOLDER.search(found["name"]):
                    yield found.span("name")
    if not text.isascii():
        yield from foreign_spans(text)


def foreign_spans(text: str) -> Iterator[tuple[int, int]]:
    """Few words in other letters inside a text in Latin ones: in a resume, somebody's name."""
    foreign = len(FOREIGN_LETTER.findall(text))
    if foreign and len(LATIN_LETTER.findall(PLACEHOLDER.sub("", text))) >= foreign:
        for found in FOREIGN_WORDS.finditer(text):
            if may_be_name(found[0]):
                yield found.span()


def may_be_name(words: str) -> bool:
    """Whether words in other letters have the shape of a name: few, with capitals where the writing has them."""
    parts = words.split()
    marks = [mark for mark in words if unicodedata.category(mark)[0] == "L"]
    if len(marks) < LEAST_FOREIGN_LETTERS or len(parts) > MOST_FOREIGN_WORDS:
        return False
    if HAN.match(words):
        return len(marks) <= MOST_HAN and family_name().match(words) is not None
    if marks[0].lower() != marks[0].upper():
        return len(parts) > 1 and all(part[0].isupper() for part in parts)
    return not HANGUL.match(words) or len(marks) <= MOST_HAN


@cache
def family_name() -> re.Pattern[str]:
    """A common Chinese or Japanese family name at the start."""
    han = cues()["han"]
    return re.compile(rf"[{han['chinese']}]|{'|'.join(han['japanese'])}")


def found_names(text: str) -> Iterator[str]:
    """Names of two words and more that a text gives away, to be looked for in the whole row."""
    for start, end in name_spans(text):
        name = text[start:end]
        if len(name.split()) > 1 or not LATIN_LETTER.search(name):
            yield name
