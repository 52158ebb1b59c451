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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from api.generation.rules.prompt import data_line
from api.profile.rules.identity import OWN_KEYS
from pipelines.lib.training.identity_details import birth_spans, handle_spans, paper_spans, status_spans
from pipelines.lib.training.known_name import spans_of_known
from pipelines.lib.training.names import found_names, name_spans
from pipelines.lib.training.network_addresses import address_spans
from pipelines.lib.training.phone_numbers import phone_spans
from pipelines.lib.training.postcodes import postcode_spans
from pipelines.lib.training.streets import street_spans
from pipelines.lib.training.web_addresses import email_spans, url_spans

Span = tuple[int, int]
MOST_PROBLEMS = 20
SHORTEST_KNOWN = 2
"""A known value of one or two Latin letters would be found inside ordinary words."""
CONTACT_FIELDS = {"name": "NAME", "email": "EMAIL", "phone": "PHONE", "url": "URL"}
DETECTORS: dict[str, Callable[[str], Iterator[Span]]] = {
    "HANDLE": handle_spans,
    "EMAIL": email_spans,
    "URL": url_spans,
    "ID": paper_spans,
    "BIRTH": birth_spans,
    "STATUS": status_spans,
    "STREET": street_spans,
    "POSTCODE": postcode_spans,
    "IP": address_spans,
    "PHONE": phone_spans,
    "NAME": name_spans,
}
"""In this order: mail holds a web address, a street a number, and a name is known by the address behind it."""
PLAIN_VALUES = frozenset({"id", "parent"}) | OWN_KEYS
"""Members of a prompt's data, and of a profile, that hold ids of facts, never text of a person."""
CUT_WORD = re.compile(r"(?<=\w)[-‐]\n\s*(?=\w)")
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
    """`text` without identifiers. `known` maps values of known fields to their kind; they go first, longest first.

    What is hidden from the detectors (look-alike characters, references, a word cut by a line end) is masked in the
    text as a reader sees it; a text that hides nothing stays as it is.
    """
    whole = CUT_WORD.sub("", text) if "\n" in text else text
    if whole != text and sorted(kinds_in(whole, known)) != sorted(kinds_in(text, known)):
        text = whole
    masked = mask_open(text, placeholders, known)
    folded = fold(masked)
    return masked if folded == masked or not kinds_in(folded, known) else mask_open(folded, placeholders, known)


def mask_open(text: str, placeholders: Placeholders, known: Mapping[str, str] | None) -> str:
    """The text without the identifiers that stand in it openly."""
    for value, kind in sorted((known or {}).items(), key=lambda item: (-len(item[0]), item[0])):
        text = replace(text, known_spans(value, kind, text), kind, placeholders, known_as=value)
    if not detected_kinds(text):
        return text
    for kind, detector in DETECTORS.items():
        text = replace(text, detector(text), kind, placeholders)
    return text


def known_spans(value: str, kind: str, text: str) -> Iterator[Span]:
    """Where a known value stands: a name in any form, a phone number with any marks between, else as a whole word."""
    if kind == "NAME":
        yield from spans_of_known(value, text)
        return
    source = re.escape(value.strip())
    if kind == "PHONE" and (digits := re.findall(r"\d", value)):
        source = r"\+?" + r"[\s().\-–/]{0,3}".join(digits)
    yield from (found.span() for found in re.finditer(rf"(?<!\w){source}(?!\w)", text, re.IGNORECASE))


def replace(
    text: str, spans: Iterable[Span], kind: str, placeholders: Placeholders, known_as: str | None = None
) -> str:
    """The text with each span as a placeholder; of two that overlap the one that begins first, the longer of them."""
    parts, end = [], 0
    for start, stop in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end:
            parts += [text[end:start], placeholders.of(kind, known_as or text[start:stop])]
            end = stop
    return "".join([*parts, text[end:]])


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


def residual_kinds(text: str, known: Mapping[str, str] | None = None) -> Iterator[str]:
    """The kinds of identifier still in `text`, prompt or plain, written openly or in look-alike characters."""
    for value in texts_inside(text):
        yield from kinds_in(fold(value), known)


def kinds_in(folded: str, known: Mapping[str, str] | None) -> list[str]:
    """The kinds of identifier in one text as a reader sees it."""
    names = any(
        kind == "NAME" and next(spans_of_known(value, folded), None) is not None
        for value, kind in (known or {}).items()
    )
    return [*detected_kinds(folded), *(["name"] if names else [])]


@lru_cache(maxsize=1_024)
def detected_kinds(text: str) -> tuple[str, ...]:
    """What the detectors see. Remembered, because one row asks several times of the same text (is a name in it, is
    there anything to mask, is anything left), and its standing instruction is that of every row."""
    return tuple(kind.lower() for kind, detector in DETECTORS.items() if next(detector(text), None) is not None)


def fold(text: str) -> str:
    """The text as a reader sees it: compatibility forms and character references resolved, invisible marks gone, a word
    that a line end has cut in one piece."""
    plain = html.unescape(text) if "&" in text else text
    if not plain.isascii():
        normal = unicodedata.normalize("NFKC", plain)
        plain = "".join(mark for mark in normal if unicodedata.category(mark) != "Cf")
    return CUT_WORD.sub("", plain) if "\n" in plain else plain


def texts_inside(text: str) -> Iterator[str]:
    """The texts of a prompt's data, value by value, and what stands between such lines as it is."""
    between: list[str] = []
    for line in text.split("\n"):
        found = DATA_LINE.fullmatch(line)
        try:
            waiting = [json.loads(found["data"])] if found else []
        except ValueError:
            found = None
        if found is None:
            between.append(line)
            continue
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, list):
                waiting.extend(value)
            elif isinstance(value, dict):
                waiting.extend(item for key, item in value.items() if key not in PLAIN_VALUES)
    if between:
        yield "\n".join(between)


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
    return {value.strip(): kind for value, kind in found.items() if is_known(value.strip())}


def is_known(value: str) -> bool:
    """Whether a value is long enough to be looked for; two letters are a whole name in some writings."""
    return len(value) > SHORTEST_KNOWN or (len(value) == SHORTEST_KNOWN and not value.isascii())


def names_given_away(*texts: str) -> dict[str, str]:
    """Names that some text of a row introduces, for all texts of the row: a person is named in full only once."""
    values = (fold(value) for text in texts for value in texts_inside(text))
    return {name: "NAME" for value in values if "name" in detected_kinds(value) for name in found_names(value)}
