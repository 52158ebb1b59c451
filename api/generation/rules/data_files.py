"""Reading the data files of the words.

Vocabulary, framings, prices and phrasing are data, not code, so that a change to them is a reviewable diff and has its
own version. They are read once per process from the package, never from a path a caller names.
"""

from __future__ import annotations

import csv
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parent.parent / "data"
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _WordLoader(_BASE):  # type: ignore[misc]
    """Reads YAML in which `on`, `off`, `yes` and `no` are words; only `true` and `false` are truth values."""


_WordLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in _BASE.yaml_implicit_resolvers.items()
}


@cache
def read_yaml(name: str) -> Any:
    """The parsed content of `data/<name>`; the caller checks its shape and must not change it."""
    return yaml.load((DATA / name).read_text(encoding="utf-8"), Loader=_WordLoader)  # noqa: S506 (a safe loader)


@cache
def read_csv(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<name>` in file order, keyed by the header line."""
    return tuple(csv.DictReader(StringIO((DATA / name).read_text(encoding="utf-8"))))


def taxonomy_files() -> tuple[str, ...]:
    """Names of the vocabulary files, sorted so that the load order never depends on the file system."""
    return tuple(sorted(f"taxonomy/{path.name}" for path in (DATA / "taxonomy").glob("*.yaml")))
