"""A profile as the published JSON Resume schema wants it, so that other programs can read the file.

The stored document is kept as the person sent it: "May 2019", a bare `linkedin.com/in/ada`, field names of an earlier
version, several positions in one employer. For a file that leaves here each value gets the form of its field. What has
none goes on under the field's name with `x-` before it, which the schema allows, so nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from api.profile.rules.data_files import read_data
from api.profile.rules.dates import is_current, parse_date
from api.profile.rules.view import positions

Kind = str | list[str]
SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
EARLIER_NAMES = {
    "basics": {"website": "url", "picture": "image"},
    "work": {"company": "name", "website": "url", "title": "position"},
    "volunteer": {"website": "url"},
    "education": {"website": "url", "gpa": "score"},
    "projects": {"website": "url"},
    "publications": {"website": "url"},
    "languages": {"name": "language"},
}
SHARED_BY_POSITIONS = ("name", "location", "url", "description")
STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
HOST = re.compile(r"[^\s/?#@]+\.[^\s/?#@.]{2,}(?:[/?#]\S*)?")
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


def fields() -> dict[str, dict[str, Kind]]:
    """The kinds of all fields by table."""
    return read_data("json_resume_fields")


def published_document(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every known field in its published form. `document` is not changed."""
    spread = {**document, "work": list(_one_each(document["work"]))} if _is_list(document.get("work")) else document
    return {"$schema": SCHEMA, **_table(spread, "document")}


def _one_each(entries: list[Any]) -> Iterator[Any]:
    """Employers with several positions as one entry a position: the schema knows no other way."""
    for entry in entries:
        nested = positions(entry) if isinstance(entry, dict) else []
        if not nested:
            yield entry
            continue
        own = _renamed({name: value for name, value in entry.items() if name not in ("positions", "roles")}, "work")
        shared = {name: own[name] for name in SHARED_BY_POSITIONS if name in own}
        if own.get("position") or own.get("highlights"):
            yield own
        elif own.get("summary"):
            shared["summary"] = own["summary"]
        for position in nested:
            yield {**shared, **_renamed(position, "work")}
            shared.pop("summary", None)


def _table(entry: dict[str, Any], table: str) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, value in _renamed(entry, table).items():
        kind = fields()[table].get(name)
        if kind is None:
            written[name] = value
            continue
        fitting, whole = _fitting(value, kind)
        if fitting is not None:
            written[name] = fitting
        if not whole:
            written[f"x-{name}"] = value
    return written


def _renamed(entry: dict[str, Any], table: str) -> dict[str, Any]:
    """The entry with today's field names. An earlier name gives way to a field of today's name that says something."""
    renamed = dict(entry)
    for earlier, name in EARLIER_NAMES.get(table, {}).items():
        if earlier in renamed and not renamed.get(name):
            renamed[name] = renamed.pop(earlier)
    return renamed


def _fitting(value: Any, kind: Kind) -> tuple[Any, bool]:
    """The value in the form of its field, None where it has none, and whether that says all."""
    if value is None:
        return None, True
    if isinstance(kind, list):
        if not isinstance(value, list):
            return None, False
        return [_table(entry, kind[0]) for entry in value if isinstance(entry, dict)], True
    if kind == "texts":
        return _texts(value)
    if kind in fields():
        if isinstance(value, dict):
            return _table(value, kind), True
        return ({"city": value}, True) if kind == "location" and isinstance(value, str) else (None, False)
    if isinstance(value, dict):
        if kind != "text":
            return None, False
        place = ", ".join(str(part) for part in value.values() if isinstance(part, str) and part.strip())
        return place or None, False
    if isinstance(value, bool | list):
        return None, False
    return _text(str(value), kind)


def _texts(value: Any) -> tuple[list[str] | None, bool]:
    if isinstance(value, str):
        return [value], True
    if not isinstance(value, list):
        return None, False
    return [str(text) for text in value if isinstance(text, str | int | float)], True


def _text(text: str, kind: str) -> tuple[str | None, bool]:
    if kind == "text":
        return text, True
    if not text.strip():
        return None, True
    if kind == "date":
        return _date(text)
    found = _uri(text.strip()) if kind == "uri" else text.strip()
    return found, found is not None


def _date(text: str) -> tuple[str | None, bool]:
    if is_current(text):
        return None, True
    parsed = parse_date(text)
    if parsed is None:
        year = YEAR.search(text)
        return year and year[0], False
    parts = (f"{parsed.year:04}", *(f"{part:02}" for part in (parsed.month, parsed.day) if part is not None))
    return "-".join(parts), parsed.month is not None or text.strip() == parts[0]


def _uri(text: str) -> str | None:
    """An absolute address of ASCII letters (RFC 3986), or None for what is no address."""
    if "://" not in text and not text.casefold().startswith("mailto:"):
        if not HOST.fullmatch(text):
            return None
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = parts.netloc.encode("idna").decode() if not parts.netloc.isascii() else parts.netloc
    except (ValueError, UnicodeError):
        return None
    if re.search(r"[\s\"<>\\^`{|}]", host):
        return None
    path, query, fragment = (
        quote(STRAY_PERCENT.sub("%25", part), safe="%/:?@!$&'()*+,;=~-._")
        for part in (parts.path, parts.query, parts.fragment)
    )
    address = urlunsplit((parts.scheme, host, path, query, fragment))
    return address if ADDRESS.fullmatch(address) and (host or parts.scheme == "mailto") else None


def _is_list(value: object) -> bool:
    return isinstance(value, list)
