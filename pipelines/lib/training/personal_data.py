"""Takes personal data out of a row and looks again: what is still found makes the row unfit.

Contact data never reaches the exports, so what is left stands in free text: a mail address in a bullet, a recruiter's
phone in an ad. Each is replaced by a typed placeholder that is stable inside the row (`[EMAIL_1]`), so that a text
still reads as a text. Detectors look for the identifier itself, wherever it stands; none stops at the first hit.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.generation.rules.prompt import data_line
from api.profile.rules.identity import OWN_KEYS
from pipelines.lib.training.phone_numbers import phone_spans

MOST_PROBLEMS = 20
SHORTEST_KNOWN = 2
"""A known value of one or two letters would be found inside ordinary words."""
CONTACT_FIELDS = {"name": "NAME", "email": "EMAIL", "phone": "PHONE", "url": "URL"}

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
CAPITALISED = r"[A-ZÀ-Ý][a-zà-ÿ'’]+(?:-[A-ZÀ-Ý][a-zà-ÿ'’]+)?"
FULL_NAME = rf"{CAPITALISED}(?:\s[A-ZÀ-Ý]\.)?(?:\s{CAPITALISED}){{1,2}}"
NAMES = (
    re.compile(
        rf"(?:[Mm]y name is|[Nn]ame:|[Cc]ontact(?: person)?:|[Ss]igned,?|[Aa]ttn:?|[Rr]egards,)\s+(?P<name>{FULL_NAME})"
    ),
    re.compile(
        rf"\b(?:Mr|Mrs|Ms|Mx|Prof)\.?\s(?!(?:Office|Excel|Word|Access|Project|Teams|SQL)\b)"
        rf"(?P<name>{CAPITALISED}(?:\s{CAPITALISED}){{0,2}})"
    ),
    re.compile(rf"(?P<name>{FULL_NAME})\s?(?:[,:;(<|–-]|\bat\b|\bon\b|\bvia\b)\s?(?=\[(?:EMAIL|PHONE)_\d)"),
)
"""A name nobody told us of, found by what stands before or after it."""
PLAIN_VALUES = frozenset({"id", "parent"}) | OWN_KEYS
"""Members of a prompt's data, and of a profile, that hold ids of facts, never text of a person."""
DATA_LINE = re.compile(r"(?P<name>[A-Z]{2,20}) (?P<data>[\[{].*)")


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
    parts, end = [], 0
    for start, stop in phone_spans(text):
        parts += [text[end:start], placeholders.of("PHONE", text[start:stop])]
        end = stop
    text = "".join([*parts, text[end:]])
    for pattern in NAMES:
        text = pattern.sub(lambda found: mask_name(found, placeholders), text)
    return text


def mask_name(found: re.Match[str], placeholders: Placeholders) -> str:
    """The match with its name as a placeholder; what stands around it stays."""
    start, end = (place - found.start() for place in found.span("name"))
    return found[0][:start] + placeholders.of("NAME", found["name"]) + found[0][end:]


def mask_prompt(text: str, placeholders: Placeholders, known: Mapping[str, str] | None = None) -> str:
    """A prompt without identifiers: its data is masked value by value, so that it stays the JSON that serving writes.

    Seen as plain text, an escaped line break would hide what stands behind it: `\\n555-0100` begins with a letter.
    """
    return "\n".join(mask_line(line, placeholders, known) for line in text.split("\n"))


def mask_line(line: str, placeholders: Placeholders, known: Mapping[str, str] | None) -> str:
    """One line of a prompt: `NAME` and its data, or plain text."""
    found = DATA_LINE.fullmatch(line)
    if found is None:
        return mask(line, placeholders, known)
    data = json.loads(found["data"])
    return data_line(found["name"], mask_values(data, placeholders, known))


def mask_values(value: Any, placeholders: Placeholders, known: Mapping[str, str] | None) -> Any:
    """Every text inside `value` masked, ids of facts apart."""
    if isinstance(value, str):
        return mask(value, placeholders, known)
    if isinstance(value, list):
        return [mask_values(item, placeholders, known) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key in PLAIN_VALUES else mask_values(item, placeholders, known) for key, item in value.items()
        }
    return value


def replace(pattern: re.Pattern[str], kind: str, text: str, placeholders: Placeholders) -> str:
    """Every match of `pattern` as a placeholder of `kind`."""
    return pattern.sub(lambda found: placeholders.of(kind, found[0]), text)


def residual_kinds(text: str, known: Mapping[str, str] | None = None) -> Iterator[str]:
    """The kinds of identifier still in `text`, prompt or plain, written openly or in look-alike characters."""
    for value in texts_inside(text):
        folded = fold(value)
        for kind, pattern in PATTERNS.items():
            if HINTS[kind].search(folded) and pattern.search(folded):
                yield kind.lower()
        if next(phone_spans(folded), None):
            yield "phone"
        if any(pattern.search(folded) for pattern in NAMES) or any(
            kind == "NAME" and re.search(rf"(?<!\w){re.escape(fold(name))}(?!\w)", folded, re.IGNORECASE)
            for name, kind in (known or {}).items()
        ):
            yield "name"


def fold(text: str) -> str:
    """The text as a reader sees it: compatibility forms and character references resolved, invisible marks gone."""
    plain = unicodedata.normalize("NFKC", html.unescape(text))
    return "".join(mark for mark in plain if unicodedata.category(mark) != "Cf") if not plain.isascii() else plain


def texts_inside(text: str) -> Iterator[str]:
    """The texts of a prompt's data, value by value, and every other line as it is."""
    for line in text.split("\n"):
        found = DATA_LINE.fullmatch(line)
        try:
            waiting = [json.loads(found["data"])] if found else [line]
        except ValueError:
            waiting = [line]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, list):
                waiting.extend(value)
            elif isinstance(value, dict):
                waiting.extend(item for key, item in value.items() if key not in PLAIN_VALUES)


def residuals_in_file(name: str, lines: Iterable[bytes]) -> list[str]:
    """Problems of a written file, at most 20: rows in which an identifier still stands. The text itself is not said."""
    problems = []
    for number, line in enumerate(lines, start=1):
        kinds = sorted({kind for text in texts_of_row(json.loads(line)) for kind in residual_kinds(text)})
        if kinds:
            problems.append(f"{name} row {number}: still holds personal data ({', '.join(kinds)})")
        if len(problems) == MOST_PROBLEMS:
            break
    return problems


def texts_of_row(value: Any) -> Iterator[str]:
    """Every text of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_of_row(item)


def known_fields(facts: Mapping[str, Any] | None) -> dict[str, str]:
    """Values of the contact fields of a profile by kind, where a profile still has them; references too."""
    document = facts or {}
    basics = document.get("basics") or {}
    found = {str(basics.get(field) or ""): kind for field, kind in CONTACT_FIELDS.items()}
    location = basics.get("location") or {}
    if isinstance(location, Mapping):
        found[str(location.get("address") or "")] = "STREET"
    for reference in document.get("references") or []:
        if isinstance(reference, Mapping):
            found[str(reference.get("name") or "")] = "NAME"
    return {value.strip(): kind for value, kind in found.items() if len(value.strip()) > SHORTEST_KNOWN}
