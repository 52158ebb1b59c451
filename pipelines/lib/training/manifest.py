"""The manifest: what a dataset is made of, in bytes whose hash is the dataset's name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.lib.training.jsonl import sha256_hex

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a dataset."""

    name: str
    sha256: str
    size_bytes: int
    rows: int

    def as_document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"name": self.name, "sha256": self.sha256, "bytes": self.size_bytes, "rows": self.rows}


def manifest_bytes(document: Mapping[str, Any]) -> bytes:
    """Canonical JSON of a manifest, readable by a person: sorted keys, two spaces, ASCII, one final newline."""
    return json.dumps(document, ensure_ascii=True, sort_keys=True, indent=2, allow_nan=False).encode("ascii") + b"\n"


def manifest_sha256(document: Mapping[str, Any]) -> str:
    """The hash that names the dataset and its folder."""
    return sha256_hex(manifest_bytes(document))


def diff_manifests(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs, one line per leaf, sorted: `path: old -> new`. Equal manifests give an empty list."""
    before, after = dict(leaves(old)), dict(leaves(new))
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            lines.append(f"{path}: {show(before, path)} -> {show(after, path)}")
    return lines


def show(values: Mapping[str, Any], path: str) -> str:
    """A leaf as JSON, or a word for its absence."""
    return json.dumps(values[path], ensure_ascii=True, default=str) if path in values else "absent"


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every leaf of a document with its path. Files are told apart by name, and the shares of groups by group and
    value, not by their place in the list."""
    if isinstance(value, Mapping):
        return [leaf for key in value for leaf in leaves(value[key], f"{path}.{key}" if path else str(key))]
    if isinstance(value, list) and all(isinstance(item, Mapping) and "name" in item for item in value):
        return [leaf for item in value for leaf in leaves(item, f"{path}[{item['name']}]")]
    if isinstance(value, list) and all(
        isinstance(item, Mapping) and {"group", "value"} <= item.keys() for item in value
    ):
        return [leaf for item in value for leaf in leaves(item, f"{path}[{item['group']} {item['value']}]")]
    return [(path, value)]
