"""The facts a version was written from, without anything that says whose they are."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

KEPT_BASICS = ("summary", "label")
# Every section that `Profile.facts` reads: the prompt rebuilt from this must be the prompt that was sent.
KEPT_SECTIONS = (
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
)


def facts_document(document: dict[str, Any]) -> dict[str, Any]:
    """The stored JSON Resume with its ids, minus contact data, references and pictures.

    It goes to the exports under training consent, so it is built from what may stay, not by removing what may not.
    """
    kept = {section: deepcopy(document[section]) for section in KEPT_SECTIONS if section in document}
    basics = document.get("basics")
    if isinstance(basics, dict):
        kept["basics"] = {name: basics[name] for name in KEPT_BASICS if name in basics}
    return kept
