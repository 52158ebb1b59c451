"""The data files of the profile, each read once."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

DATA_FOLDER = Path(__file__).parent.parent / "data"


@functools.cache
def read_data(name: str) -> dict[str, Any]:
    """Return one data file, named without its ending."""
    text = (DATA_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    # The C loader is as safe and ten times as fast; it is absent only where PyYAML was built without it.
    content: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return content
