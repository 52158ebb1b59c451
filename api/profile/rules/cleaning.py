"""What a profile document may hold: a copy of it without what cannot be kept, and a list of what that was.

A person's document is kept without loss, unknown fields included. Only two kinds of thing are left out, and both are
reported: values that no database or page can hold (NUL, lone surrogates, numbers that are no numbers, nesting without
end), and known fields whose value has the wrong shape. One bad optional field never costs the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from api.profile.rules.dates import is_current, parse_date

MAX_DEPTH = 24
MAX_ENTRIES = 500
SECTIONS = (
    "work",
    "volunteer",
    "education",
    "projects",
    "skills",
    "certificates",
    "awards",
    "publications",
    "interests",
    "languages",
    "references",
)
TEXT_LISTS = {"highlights", "courses", "keywords", "roles"}
TEXT_FIELDS = {
    "basics": "name label email phone url website summary image picture",
    "location": "address postalCode city countryCode region",
    "profiles": "network username url",
    "work": "name company position location description summary url website startDate endDate",
    "volunteer": "organization position location description summary url website startDate endDate",
    "education": "institution area studyType score gpa location url website startDate endDate",
    "projects": "name description url website entity type startDate endDate",
    "skills": "name level",
    "certificates": "name issuer date startDate endDate url summary",
    "awards": "title awarder date summary url",
    "publications": "name publisher releaseDate url website summary",
    "interests": "name",
    "languages": "language fluency",
    "references": "name reference",
}
DATE_FIELDS = {"startDate", "endDate", "date", "releaseDate"}
URL_FIELDS = {"url", "website", "image", "picture"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dropped:
    """One value that was left out: its JSON Pointer in the document sent, a code, and a reason that says what to do."""

    pointer: str
    code: str
    reason: str


@dataclass(slots=True)
class Report:
    """Collects what was left out while a document is read."""

    dropped: list[Dropped] = field(default_factory=list)

    def drop(self, pointer: str, code: str, reason: str) -> None:
        """Record one value that was left out."""
        self.dropped.append(Dropped(pointer, code, reason))


def join_pointer(pointer: str, key: str | int) -> str:
    """Append one step to a JSON Pointer (RFC 6901)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def clean_document(document: dict[object, object], report: Report) -> dict[str, object]:
    """Return a deep copy that any JSON store can hold and whose known fields have the shapes of JSON Resume 1.x."""
    storable = _storable(document, "", 0, report)
    cleaned: dict[str, object] = storable if isinstance(storable, dict) else {}
    if "basics" in cleaned:
        _clean_basics(cleaned, report)
    for section in SECTIONS:
        if section in cleaned:
            _clean_section(cleaned, section, report)
    return cleaned


def _storable(value: object, pointer: str, depth: int, report: Report) -> object:
    if depth > MAX_DEPTH:
        report.drop(pointer, "too_deep", f"Nested deeper than {MAX_DEPTH} levels: make it flatter.")
        return None
    if isinstance(value, dict):
        return {
            _storable_text(str(key), pointer, report): _storable(
                item, join_pointer(pointer, str(key)), depth + 1, report
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_storable(item, join_pointer(pointer, index), depth + 1, report) for index, item in enumerate(value)]
    if isinstance(value, str):
        return _storable_text(value, pointer, report)
    if isinstance(value, float) and not math.isfinite(value):
        report.drop(pointer, "not_a_number", "NaN and infinity are no numbers: send a number or leave it out.")
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    report.drop(pointer, "not_json", "Only texts, numbers, true, false, null, lists and objects can be kept.")
    return None


def _storable_text(text: str, pointer: str, report: Report) -> str:
    if not _UNSTORABLE.search(text):
        return text
    report.drop(pointer, "unstorable_character", "NUL and half characters were removed from this text.")
    return _UNSTORABLE.sub("", text)


def _clean_basics(document: dict[str, object], report: Report) -> None:
    basics = document["basics"]
    if not isinstance(basics, dict):
        if basics is not None:
            report.drop("/basics", "not_an_object", "Send an object with name, email, phone and so on.")
        del document["basics"]
        return
    _clean_fields(basics, "basics", "/basics", report)
    email = basics.get("email")
    if isinstance(email, str) and email.strip() and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", email.strip()):
        report.drop("/basics/email", "invalid_email", "Send an address such as name@example.com.")
        del basics["email"]
    location = basics.get("location")
    if isinstance(location, dict):
        _clean_fields(location, "location", "/basics/location", report)
    elif location is not None and not isinstance(location, str):
        report.drop("/basics/location", "not_an_object", "Send an object with city, region and countryCode.")
        del basics["location"]
    if "profiles" in basics:
        basics["profiles"] = _clean_entries(basics["profiles"], "profiles", "/basics/profiles", report)


def _clean_section(document: dict[str, object], section: str, report: Report) -> None:
    document[section] = _clean_entries(document[section], section, f"/{section}", report)
    if document[section] is None:
        del document[section]


def _clean_entries(entries: object, section: str, pointer: str, report: Report) -> list[object] | None:
    if entries is None:
        return None
    if not isinstance(entries, list):
        report.drop(pointer, "not_a_list", "Send a list of objects.")
        return None
    kept: list[object] = []
    for index, entry in enumerate(entries):
        place = join_pointer(pointer, index)
        if isinstance(entry, str) and entry.strip() and section in ("skills", "interests", "languages"):
            kept.append(entry)
        elif not isinstance(entry, dict):
            report.drop(place, "not_an_object", "Each entry is an object; this one was left out.")
        elif len(kept) >= MAX_ENTRIES:
            report.drop(place, "too_many", f"At most {MAX_ENTRIES} entries are kept.")
        else:
            _clean_fields(entry, section, place, report)
            kept.append(entry)
            for name in ("positions", "roles"):
                if section == "work" and isinstance(entry.get(name), list) and _has_objects(entry[name]):
                    entry[name] = _clean_entries(entry[name], "work", join_pointer(place, name), report)
    return kept


def _has_objects(entries: list[object]) -> bool:
    return any(isinstance(entry, dict) for entry in entries)


def _clean_fields(entry: dict[str, object], section: str, pointer: str, report: Report) -> None:
    """Remove known fields of the wrong shape from an entry, in place."""
    for name in TEXT_FIELDS[section].split():
        reason = _text_problem(name, entry.get(name))
        if reason is not None:
            report.drop(join_pointer(pointer, name), *reason)
            del entry[name]
    for name in TEXT_LISTS & entry.keys():
        if section == "work" and name == "roles":
            continue
        entry[name] = _clean_texts(entry[name], join_pointer(pointer, name), report)
        if entry[name] is None:
            del entry[name]


def _text_problem(name: str, value: object) -> tuple[str, str] | None:
    if value is None:
        return None
    if isinstance(value, bool | list | dict):
        return ("not_a_text", "Send a text here.") if name != "location" or isinstance(value, bool) else None
    text = str(value)
    if name in DATE_FIELDS and not is_current(text) and parse_date(text) is None and not _names_a_year(text):
        return "invalid_date", "Write a date as 2019, 2019-05 or 2019-05-04, or leave the end date empty."
    scheme = _SCHEME.match(text)
    if name in URL_FIELDS and scheme and scheme[1].casefold() not in ("http", "https", "mailto"):
        return "invalid_url", "Only http and https addresses can be shown."
    return None


def _names_a_year(text: str) -> bool:
    """Free words around a year ("around 2019", "class of 2011") are the person's own way of dating and are kept."""
    return bool(re.search(r"(?<!\d)(19|20)\d{2}(?!\d)", text)) and not re.fullmatch(r"[\d\s./-]+", text)


def _clean_texts(values: object, pointer: str, report: Report) -> object:
    if values is None or isinstance(values, str):
        return values
    if not isinstance(values, list):
        report.drop(pointer, "not_a_list", "Send a list of texts.")
        return None
    return list(_kept_texts(values, pointer, report))


def _kept_texts(values: list[object], pointer: str, report: Report) -> Iterator[object]:
    for index, value in enumerate(values):
        place = join_pointer(pointer, index)
        if index >= MAX_ENTRIES:
            report.drop(place, "too_many", f"At most {MAX_ENTRIES} texts are kept here.")
        elif isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield value
        else:
            report.drop(place, "not_a_text", "Each entry is a text; this one was left out.")
