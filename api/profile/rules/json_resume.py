"""JSON Resume 1.x in and out, without loss and with stable ids.

The stored document is the person's own, plus ids under `x-id`, `x-highlight-ids` and `x-course-ids`; everything else
in it comes back as it was sent. `parse_profile` is the one way in, `export_document` the one way out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.profile.rules.cleaning import SECTIONS, Dropped, Report, clean_document
from api.profile.rules.errors import InvalidProfile, Problem
from api.profile.rules.identity import ID_KEY, OWN_KEYS, TEXT_ID_KEYS, IdRegistry, Part, assign_ids
from api.profile.rules.profile import Profile
from api.profile.rules.view import build_profile, positions, texts

PREFIXES = {
    "work": "role",
    "volunteer": "volunteer",
    "education": "degree",
    "projects": "project",
    "skills": "skill",
    "certificates": "certificate",
    "awards": "award",
    "publications": "publication",
    "interests": "interest",
    "languages": "language",
    "references": "reference",
}
NAMING_FIELDS = (
    "name",
    "company",
    "organization",
    "institution",
    "title",
    "position",
    "studyType",
    "area",
    "language",
    "issuer",
    "awarder",
    "startDate",
)
BARE_TEXT_FIELD = {"skills": "name", "interests": "name", "languages": "language"}


@dataclass(frozen=True, slots=True)
class ProfileParse:
    """A profile as typed view and as document with ids, and what of the input was left out."""

    profile: Profile
    document: dict[str, object]
    dropped: tuple[Dropped, ...]


def parse_profile(document: object, previous: object = None) -> ProfileParse:
    """Read a JSON Resume document.

    Args:
        document: the parsed JSON. Not changed.
        previous: an earlier stored version of it (with ids). Parts that stand in both, edited or not, keep their ids.

    Raises:
        InvalidProfile: the root is not an object, or there is no name.
    """
    if not isinstance(document, dict):
        raise InvalidProfile((Problem("", "not_an_object", "Send a JSON Resume document: one JSON object."),))
    report = Report()
    cleaned = clean_document(document, report)
    basics = cleaned.get("basics")
    name = basics.get("name") if isinstance(basics, dict) else None
    if name is None or not str(name).strip():
        raise InvalidProfile((Problem("/basics/name", "missing", "Give the name that shall stand on the resume."),))
    for section, field in BARE_TEXT_FIELD.items():
        found = cleaned.get(section)
        if isinstance(found, list):
            cleaned[section] = [{field: entry} if isinstance(entry, str) else entry for entry in found]
    old = previous if isinstance(previous, dict) else {}
    registry = IdRegistry(taken=set(_carried_ids(old)) | set(_carried_ids(cleaned)))
    for section in SECTIONS:
        _identify(_objects(cleaned.get(section)), _objects(old.get(section)), registry, section)
    return ProfileParse(build_profile(cleaned), cleaned, tuple(report.dropped))


def export_document(document: dict[str, object]) -> dict[str, object]:
    """Return the JSON Resume document without the ids that the product added."""
    exported = _without_ids(document)
    assert isinstance(exported, dict)
    return exported


def _without_ids(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_ids(item) for key, item in value.items() if key not in OWN_KEYS}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


def _objects(value: object) -> list[dict[str, object]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _carried_ids(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get(ID_KEY), str):
            yield str(value[ID_KEY])
        for key in TEXT_ID_KEYS.values():
            yield from (str(identifier) for identifier in texts(value, key))
        for item in value.values():
            yield from _carried_ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _carried_ids(item)


def _identify(
    now: list[dict[str, object]],
    before: list[dict[str, object]],
    registry: IdRegistry,
    section: str,
    parent: str = "",
) -> None:
    """Give ids to the entries of a section, to their texts and to nested positions, in place."""
    ids = assign_ids([_part(e) for e in now], [_part(e) for e in before], registry, PREFIXES[section], parent)
    earlier = {str(entry.get(ID_KEY, "")): entry for entry in before}
    for entry, identifier in zip(now, ids, strict=True):
        entry[ID_KEY] = identifier
        old = earlier.get(identifier, {})
        for name, id_key in TEXT_ID_KEYS.items():
            current = texts(entry, name)
            if current:
                prefix = "bullet" if name == "highlights" else "course"
                parts = _text_parts(entry, name)
                entry[id_key] = assign_ids(parts, _text_parts(old, name), registry, prefix, identifier)
            elif id_key in entry:
                del entry[id_key]
        if section == "work":
            _identify(positions(entry), positions(old), registry, section, identifier)


def _part(entry: dict[str, object]) -> Part:
    naming = " ".join(str(entry[name]) for name in NAMING_FIELDS if isinstance(entry.get(name), str | int))
    context = " ".join((*texts(entry, "highlights"), *texts(entry, "keywords"), *texts(entry, "summary")))
    return Part(naming, _carried(entry.get(ID_KEY)), context[:4000])


def _text_parts(entry: dict[str, object], name: str) -> list[Part]:
    found = texts(entry, name)
    ids = texts(entry, TEXT_ID_KEYS[name])
    if len(ids) != len(found):
        ids = [""] * len(found)
    return [Part(text, identifier) for text, identifier in zip(found, ids, strict=True)]


def _carried(value: object) -> str:
    return value if isinstance(value, str) else ""
