"""Takes personal data out of a row and looks again: what is still found makes the row unfit.

Contact data never reaches the exports, so what is left stands in free text: a mail address in a bullet, a recruiter's
phone in an ad. Each is replaced by a typed placeholder that is stable inside the row (`[EMAIL_1]`), so that a text
still reads as a text. Detectors look for the identifier itself, wherever it stands; none stops at the first hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

EMAIL = re.compile(
    r"(?<![^\s@<>()\[\]{},;:\"|/\\])[^\s@<>()\[\]{},;:\"|/\\]{1,256}(?:@|\s?[\[(]\s?at\s?[\])]\s?)"
    r"[^\W_](?:[\w-]{0,62}[^\W_])?(?:(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)[^\W_](?:[\w-]{0,62}[^\W_])?){1,8}",
    re.IGNORECASE,
)
URL = re.compile(
    r"(?:(?:https?|ftp)://|www\.)[^\s<>\"'`\])}]{2,2000}"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|io|dev|me|co|edu|gov|info|app|ai|uk|de|fr|in)/[^\s<>\"'`\])}]{1,2000}",
    re.IGNORECASE,
)
PHONE = re.compile(r"(?<![\w.,/])(?:\+|00)?\(?\d(?:[\s().\-–/]{0,3}\d){6,16}(?!\w)")
STREET = re.compile(
    r"\b\d{1,5}[a-z]?\s+(?:[NSEW]\.?\s+)?(?:[A-Z][\w'’.-]+\s+){1,4}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Terrace|Way)\b\.?"
    r"|\b[A-ZÄÖÜ][\w-]{2,40}(?:straße|strasse|str\.|weg|allee|platz|gasse)\s+\d{1,4}[a-z]?\b"
    r"|\b\d{1,4}(?:\s?(?:bis|ter))?,?\s+(?:rue|avenue|boulevard|place|chemin)\s+(?:de\s+(?:la\s+)?|du\s+|des\s+)?[A-ZÀ-Ý][\w'’-]+",
)
HINTS = {
    "EMAIL": re.compile(r"@|[\[(]\s?at\s?[\])]", re.IGNORECASE),
    "URL": re.compile(r"://|www\.|\.[a-z]{2,4}/", re.IGNORECASE),
    "STREET": re.compile(r"\d[a-z]?,?\s+(?:[A-ZÀ-Ý]|rue|avenue|boulevard|place|chemin|bis|ter)|[a-zß.]\s+\d"),
}
"""What every match contains: a text without it is not searched further, which is most of the time saved."""
PATTERNS = {"EMAIL": EMAIL, "URL": URL, "STREET": STREET}
YEARS = re.compile(r"(?:19|20)\d\d")
MONEY_BEFORE = re.compile(r"[$€£¥₹]\s?$")


@dataclass
class Placeholders:
    """The placeholders of one row: the same identifier gets the same one, in order of first appearance."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str, value: str) -> str:
        """`[KIND_n]` for this value."""
        key = (kind, value.casefold())
        if key not in self.known:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.known[key] = f"[{kind}_{self.counts[kind]}]"
        return self.known[key]


def mask(text: str, placeholders: Placeholders, known: Mapping[str, str] | None = None) -> str:
    """`text` without identifiers. `known` maps values of known fields to their kind; they go first, longest first."""
    for value, kind in sorted((known or {}).items(), key=lambda item: (-len(item[0]), item[0])):
        if value.strip():
            pattern = re.compile(rf"(?<!\w){re.escape(value.strip())}(?!\w)", re.IGNORECASE)
            text = replace(pattern, kind, text, placeholders)
    for kind, pattern in PATTERNS.items():
        if HINTS[kind].search(text):
            text = replace(pattern, kind, text, placeholders)
    return PHONE.sub(lambda found: placeholders.of("PHONE", found[0]) if is_phone(found) else found[0], text)


def replace(pattern: re.Pattern[str], kind: str, text: str, placeholders: Placeholders) -> str:
    """Every match of `pattern` as a placeholder of `kind`."""
    return pattern.sub(lambda found: placeholders.of(kind, found[0]), text)


def is_phone(found: re.Match[str]) -> bool:
    """Whether a run of digits is a phone number and not years, money, a version or a plain count."""
    run = found[0]
    digits = re.sub(r"\D", "", run)
    if MONEY_BEFORE.search(found.string, 0, found.start()):
        return False
    if run.startswith(("+", "00")):
        return 7 <= len(digits) <= 17
    groups = re.findall(r"\d+", run)
    if all(YEARS.fullmatch(group) or len(group) <= 2 for group in groups):
        return False  # dates: 2019 – 2021, 2020-05-04, 05/2019 - 04/2020
    if re.fullmatch(r"\d{1,3}(?:[.\s]\d{3})+(?:\s?[-–]\s?\d{1,3}(?:[.\s]\d{3})+)?", run):
        return False  # amounts with group marks: 120.000 - 150.000
    if len(groups) == 1:
        return len(digits) >= 9
    if len(groups) == 2 and re.fullmatch(r"\d{4,7}\s?[-–]\s?\d{4,7}", run):
        return len(digits) not in (8, 10, 12, 14) or not is_range(groups)
    return len(digits) >= 7


def is_range(groups: list[str]) -> bool:
    """Two amounts of which the second is the larger: a range, not a phone number."""
    return len(groups[0]) <= len(groups[1]) and int(groups[0]) < int(groups[1])


def residual_kinds(text: str) -> Iterator[str]:
    """The kinds of identifier still in `text`."""
    for kind, pattern in PATTERNS.items():
        if HINTS[kind].search(text) and pattern.search(text):
            yield kind.lower()
    if any(is_phone(found) for found in PHONE.finditer(text)):
        yield "phone"
