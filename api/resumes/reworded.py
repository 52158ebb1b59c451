"""JSON Resume of a version: the person's document with the version's words and order in the place of the bullets."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from api.profile.rules.identity import ID_KEY
from api.profile.rules.json_resume import export_document
from api.profile.rules.published import published_document

SECTIONS = {"experience": "work", "volunteering": "volunteer", "projects": "projects"}


def reworded_document(document: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """A JSON Resume of the published schema, as it was sent out.

    `document` is the stored one with ids, `content` the version's.
    """
    reworded = deepcopy(document)
    for section, key in SECTIONS.items():
        bullets = {entry["id"]: entry["bullets"] for entry in content.get(section, [])}
        for entry in _objects(reworded.get(key)):
            for part in (entry, *_objects(entry.get("positions"))):
                if part.get(ID_KEY) in bullets:
                    part["highlights"] = [_text(bullet) for bullet in bullets[part[ID_KEY]]]
    if content.get("summary") and isinstance(reworded.get("basics"), dict):
        reworded["basics"]["summary"] = content["summary"]
    return published_document(export_document(reworded))


def _objects(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(bullet: object) -> str:
    return str(bullet["text"]) if isinstance(bullet, dict) else str(bullet)
