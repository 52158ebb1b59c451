"""The texts people agree to, read once from `data/consents.yaml`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One purpose, the version of its text, and the text."""

    purpose: str
    version: str
    text: str

    @property
    def sha256(self) -> str:
        """What a decision stores, so that nobody can say later that the text was another."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@lru_cache(maxsize=1)
def consent_texts() -> tuple[ConsentText, ...]:
    """All purposes, in the order they are shown."""
    document = yaml.safe_load((resources.files("api.privacy") / "data" / "consents.yaml").read_text("utf-8"))
    return tuple(ConsentText(entry["purpose"], entry["version"], entry["text"]) for entry in document["purposes"])
