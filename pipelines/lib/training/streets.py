"""Streets with a house number, as they are written in the countries whose resumes come in.

A pattern is tried only where a word of its kind stands: most texts hold a digit, few hold a street.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from pipelines.lib.training.ascii_words import ascii_words

NUMBER = r"\d{1,5}(?:\s?[A-Za-z]\b)?(?:[-/]\d{1,4}[A-Za-z]?)?"
CAP = r"[A-ZÀ-ÞĀ-Ž][\w'’.-]*"
TYPES = (
    r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Crescent"
    r"|Close|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Row|Mews|Quay"
)
ORDINAL = r"\d{1,3}(?i:st|nd|rd|th)"
ENGLISH = (
    rf"(?<![\d-])\b{NUMBER},?\s+(?:[NSEW]\.?\s+)?(?:(?:[A-Z][\w'’.-]+|{ORDINAL})\s+){{1,4}}(?:{TYPES})\b\.?(?:\s(?:North|South|East|West|[NSEW]{{1,2}})\b)?"
    rf"|(?<![\d-])\b{NUMBER},?\s+(?:(?:[A-Z'’.-]+|{ORDINAL})\s+){{1,4}}(?:{TYPES.upper()})\b\.?"
    r"|\b\d{1,5}[a-z]?\s+(?!years?\b|months?\b|weeks?\b|days?\b|hours?\b|of\b|the\b)[a-z'’-]+\s+(?:street|avenue|boulevard)\b"
    r"|\b(?i:p\.?\s?o\.?\s?box)\s+\d+"
)
GERMANIC = (
    r"\b[A-ZÄÖÜÅÆØ][\w-]{2,40}(?:straße|strasse|str\.|weg|allee|platz|gasse|ufer|ring|damm|straat|gracht|laan|plein|kade"
    rf"|gatan|gata|vägen|veien|vej|gade|gaten)\s+{NUMBER}\b"
    rf"|\b[A-ZÄÖÜ][\w.-]+(?:\s[A-ZÄÖÜ][\w.-]+)?[\s-](?:Straße|Strasse|Str\.|Weg|Allee|Platz|Gasse|Ufer|Ring|Damm)\s+{NUMBER}\b"
    rf"|\b(?:Unter den|An der|Auf dem|Auf der|Am|Zum|Zur)\s[A-ZÄÖÜ][\w-]+\s+{NUMBER}\b(?=,?\s+\d{{5}}\b)"
    r"|\bPostfach\s+\d+"
)
ROMANCE = (
    rf"\b\d{{1,4}}(?:\s?(?:bis|ter))?,?\s+(?:(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Cc]hemin|[Qq]uai|[Aa]llées?|[Ii]mpasse|[Rr]oute)"
    rf"\s+(?:de\s+(?:la\s+|l['’])?|du\s+|des\s+|d['’])?|(?:[Pp]lace|[Cc]ours|[Ss]quare)\s+(?:de\s+(?:la\s+|l['’])?|du\s+|des\s+|d['’]))"
    rf"{CAP}(?:[\s-]{CAP})?"
    r"|\b(?:[Cc]alle|C/|[Aa]venida|Av(?:da|e)?\.?|[Pp]laza|[Pp]aseo|[Cc]arrera|[Rr]ua|[Tt]ravessa|[Pp]raça|[Vv]ia|[Vv]iale|[Pp]iazza"
    rf"|[Cc]orso|[Ll]argo)\s+(?:de\s+(?:la\s+|los\s+|las\s+)?|del\s+|da\s+|do\s+|das\s+|dos\s+|della\s+|delle\s+|dello\s+|dell['’]|degli\s+|dei\s+|di\s+)?{CAP}(?:\s{CAP}){{0,3}}"
    rf",?\s+(?:n[º°.]\s?)?{NUMBER}\b"
)
SLAVIC = (
    rf"\b(?:ul\.|ulica|ulice|al\.|aleja|os\.|nám\.|náměstí|tř\.)\s+{CAP}(?:\s{CAP}){{0,2}}\s+{NUMBER}"
    r"|(?<!\w)(?:ул\.|улица|улице|просп\.|проспект|пр-т|пер\.|переулок|бул\.|бульвар|наб\.|шоссе|вул\.|вулиця|пров\.)"
    rf"\s*[\w.-]+(?:\s[\w.-]+){{0,3}}?,?\s+(?:д\.?|дом|буд\.?|№)?\s?{NUMBER}"
)
OTHER = (
    rf"(?<!\w)(?:οδός|οδού|Οδός|Λεωφόρος|λεωφόρος|Λεωφ\.)\s+\w+(?:\s\w+){{0,2}}?,?\s+{NUMBER}"
    r"|(?:شارع|طريق)\s+[\u0600-\u06ff]+(?:\s[\u0600-\u06ff]+){0,3}?،?,?\s+(?:رقم\s+)?\d{1,5}|\d{1,5}،?,?\s+شارع\s+[\u0600-\u06ff]+(?:\s[\u0600-\u06ff]+)?"
    r"|(?:רחוב|רח['׳]|שדרות|שד['׳])\s+[\u0590-\u05ff'׳\"״-]+(?:\s[\u0590-\u05ff'׳\"״-]+){0,2}?,?\s+\d{1,4}"
    r"|[\u3400-\u9fff]{1,12}(?:路|街|大道|巷|弄|胡同)\s?\d{1,5}\s?[号號弄]?"
    r"|[\u3400-\u9fff々ヶケ\u3040-\u30ff]{1,12}\d{1,3}(?:丁目|[-−ー‐])\d{1,3}(?:番地?|[-−ー‐])?\d{0,3}号?"
    r"|[가-힣]{2,12}(?:로|길|대로)\s?\d{1,4}(?:-\d{1,3})?(?:번길\s?\d{1,4})?(?!\d|\s?(?:년|월|일|명|개|시|분|%|회|차|인|억|만|천|주|배|곳|건))"
    r"|\d{1,5}[,/]?\s*[\u0900-\u097f\s]{2,40}(?:मार्ग|रोड|गली|नगर|सड़क|पथ)|(?:मार्ग|रोड|गली)\s+(?:नंबर\s+)?\d{1,4}"
    r"|\d{1,4}(?:/\d{1,4})?\s*(?:หมู่\s*\d+\s*)?(?:ถนน|ถ\.|ซอย|ซ\.)\s*[\u0e00-\u0e7f]+|(?:ถนน|ซอย)\s*[\u0e00-\u0e7f]+\s+\d{1,4}"
    rf"|\b{CAP}(?:\s{CAP}){{0,2}}\s+(?:Sokak|Sokağı|Sok\.|Caddesi|Cad\.|Bulvarı)\s*,?\s*(?:No\s?[:.]?\s?)?{NUMBER}"
)
ENGLISH_HINT = re.compile(rf"\b(?:{TYPES})\b|\b(?:{TYPES.upper()})\b|\b(?:street|avenue|boulevard)\b|(?i:\bbox\s\d)")
GERMANIC_HINT = re.compile(
    r"(?i:str(?:aße|asse|\.)|weg|allee|platz|gasse|ufer|ring|damm|straat|gracht|laan|plein|kade|gatan?|vägen|veien|vej|gade|gaten"
    r"|\bpostfach|\bunter den|\ban der|\bauf de|\bam\b|\bzu[mr]\b)\s"
)
ROMANCE_HINT = re.compile(
    r"(?i:\b(?:rue|avenue|boulevard|place|chemin|quai|allée|impasse|cours|square|calle|c/|avenida|av(?:da|e)?|plaza|paseo|carrera"
    r"|rua|travessa|praça|via|viale|piazza|corso|largo)\b)|C/"
)
SLAVIC_HINT = re.compile(r"(?:ul\.|ulic|al\.|alej|os\.|nám|tř\.)|[\u0400-\u052f]")
PATTERNS = tuple(
    (hint, re.compile(source))
    for hint, source in (
        (ENGLISH_HINT, ENGLISH),
        (GERMANIC_HINT, GERMANIC),
        (ROMANCE_HINT, ROMANCE),
        (SLAVIC_HINT, SLAVIC),
        (re.compile(r"[^\x00-\x7f]|Sok|Cad"), OTHER),
    )
)
DIGIT = re.compile(r"\d")
ENGLISH_WORDS = frozenset(TYPES.lower().split("|")) | {"box"}
GERMANIC_ENDS = (
    *("strasse", "str.", "weg", "allee", "platz", "gasse", "ufer", "ring", "damm", "straat", "gracht", "laan", "plein"),
    *("kade", "gatan", "gata", "veien", "vej", "gade", "gaten"),
)
ROMANCE_TYPES = (
    "rue|avenue|boulevard|place|chemin|quai|impasse|route|cours|square|calle|c|avenida|av|avda|ave|plaza|paseo|carrera"
    "|rua|travessa|via|viale|piazza|corso|largo"
)
GERMANIC_WORDS = frozenset(("unter", "auf", "am", "an", "zum", "zur", "postfach"))
ROMANCE_WORDS = frozenset(ROMANCE_TYPES.split("|"))
SLAVIC_WORDS = frozenset(("ul", "ulica", "ulice", "al", "aleja", "os"))


def street_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each street with its number; those of different languages may overlap."""
    if DIGIT.search(text):
        for hint, pattern in patterns_for(text):
            if hint.search(text):
                for found in pattern.finditer(text):
                    yield found.span()


def patterns_for(text: str) -> Iterable[tuple[re.Pattern[str], re.Pattern[str]]]:
    """The patterns that this text can match. In ASCII a look at its words rules most of them out more cheaply than a
    search; what it lets through may still hold no street."""
    if not text.isascii():
        return PATTERNS
    lower = text.lower()
    words = ascii_words(text)
    possible = (
        not words.isdisjoint(ENGLISH_WORDS),
        not words.isdisjoint(GERMANIC_WORDS) or has_number_after(GERMANIC_ENDS, lower),
        not words.isdisjoint(ROMANCE_WORDS),
        not words.isdisjoint(SLAVIC_WORDS),
        "Sok" in text or "Cad" in text,
    )
    return [pattern for pattern, is_possible in zip(PATTERNS, possible, strict=True) if is_possible]


def has_number_after(ends: tuple[str, ...], text: str) -> bool:
    """Whether a word with one of these ends stands before one that begins with a digit."""
    if not any(end in text for end in ends):
        return False
    words = text.split()
    return any(word[0].isdigit() and before.endswith(ends) for before, word in pairwise(words))
