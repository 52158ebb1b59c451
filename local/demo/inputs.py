"""Reads the people and ads of a demo from a folder. A broken file is named and skipped; the good ones still run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"
MAX_FILES = 50
MAX_BYTES = 1_000_000


class DemoInputError(Exception):
    """The folder cannot be used at all. The message says why."""


@dataclass(frozen=True, slots=True)
class PersonInput:
    """One person: the name of the file and the JSON Resume document in it."""

    name: str
    data: bytes
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobInput:
    """One job ad."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class DemoInputs:
    """What a folder held, and one line for each file that could not be read."""

    people: tuple[PersonInput, ...]
    jobs: tuple[JobInput, ...]
    broken: tuple[str, ...]


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES:,} bytes")
    return path.read_bytes()


def _person(path: Path) -> PersonInput:
    data = _read(path)
    try:
        document = json.loads(data)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON (line {error.lineno}, column {error.colno}: {error.msg})") from error
    if not isinstance(document, dict) or not isinstance(document.get("basics"), dict):
        raise TypeError("is not a JSON Resume document: it has no basics")
    return PersonInput(path.name.removesuffix(".json").removesuffix(".resume"), data, document)


def _job(path: Path) -> JobInput:
    text = _read(path).decode("utf-8").strip()
    if not text:
        raise ValueError("is empty")
    return JobInput(path.stem, text)


def load_inputs(folder: Path) -> DemoInputs:
    """Read `*.json` as people and `*.txt` as ads, from the folder or its `resumes` and `jobs`.

    Raises DemoInputError when the folder is missing or holds nobody; without ads the sample ads are used.
    """
    if not folder.is_dir():
        raise DemoInputError(f"DATA={folder}: there is no such folder; give one with *.json resumes and *.txt job ads")
    people: list[PersonInput] = []
    jobs: list[JobInput] = []
    broken: list[str] = []
    resumes = folder / "resumes" if (folder / "resumes").is_dir() else folder
    ads = folder / "jobs" if (folder / "jobs").is_dir() else folder
    for path in sorted(resumes.glob("*.json"))[:MAX_FILES]:
        try:
            people.append(_person(path))
        except (OSError, ValueError, TypeError) as error:
            broken.append(f"{path}: {error}")
    for path in sorted(ads.glob("*.txt"))[:MAX_FILES]:
        try:
            jobs.append(_job(path))
        except (OSError, ValueError) as error:
            broken.append(f"{path}: {error}")
    if not people:
        reasons = "; ".join(broken) or "no *.json file is in it"
        raise DemoInputError(f"DATA={folder}: nobody to demonstrate with: {reasons}")
    if not jobs:
        jobs = [_job(path) for path in sorted((SAMPLES / "jobs").glob("*.txt"))]
    return DemoInputs(tuple(people), tuple(jobs), tuple(broken))
