"""Reads a written file the way Gemini tuning will, and lists every rule it breaks.

The validator looks at bytes, not at the objects they were made from: what it passes is what is uploaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.lib.training.limits import DatasetLimits

FORBIDDEN_BYTES = (b"\r", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\xc2\x85", b"\x0b", b"\x0c")
MAX_PROBLEMS = 20


def validate_supervised(
    name: str, lines: Iterable[bytes], limits: DatasetLimits, *, is_validation: bool = False
) -> list[str]:
    """Problems of a supervised file, at most 20; empty means it is right. `lines` keep their line ends."""
    return validate_file(name, lines, limits, supervised_problem, is_validation=is_validation)


def validate_preference(
    name: str, lines: Iterable[bytes], limits: DatasetLimits, *, is_validation: bool = False
) -> list[str]:
    """Problems of a preference file."""
    return validate_file(name, lines, limits, preference_problem, is_validation=is_validation)


def validate_file(
    name: str, lines: Iterable[bytes], limits: DatasetLimits, row_problem: Any, *, is_validation: bool
) -> list[str]:
    """The rules every file keeps, and `row_problem` for each row."""
    problems: list[str] = []
    size = rows = 0
    for number, line in enumerate(lines, start=1):
        size += len(line)
        rows += 1
        problem = line_problem(line, limits) or row_problem(json.loads(line))
        if problem and len(problems) < MAX_PROBLEMS:
            problems.append(f"{name} row {number}: {problem}")
    if size > limits.max_file_bytes:
        problems.append(f"{name}: {size} bytes, the limit is {limits.max_file_bytes}")
    if is_validation and rows > limits.max_validation_rows:
        problems.append(f"{name}: {rows} rows, a validation file may have {limits.max_validation_rows}")
    return problems


def line_problem(line: bytes, limits: DatasetLimits) -> str | None:
    """What is wrong with the bytes of one line."""
    if not line.endswith(b"\n") or b"\n" in line[:-1]:
        return "a row must be one line ended by a newline"
    if any(mark in line for mark in FORBIDDEN_BYTES):
        return "a line separator must be escaped"
    if len(line) > limits.max_tokens_per_example:
        return f"{len(line)} bytes may be more than {limits.max_tokens_per_example} tokens"
    try:
        document = json.loads(line)
    except ValueError:
        return "is not JSON"
    return None if isinstance(document, dict) else "is not an object"


def supervised_problem(row: dict[str, Any]) -> str | None:
    """`systemInstruction` (optional role `system`) and `contents` alternating from user to model."""
    unknown = sorted(set(row) - {"systemInstruction", "contents"})
    if unknown:
        return f"unknown field {unknown[0]}"
    problem = turns_problem(row.get("contents"), last="model")
    return problem or system_problem(row.get("systemInstruction"))


def preference_problem(row: dict[str, Any]) -> str | None:
    """`system_instruction`, `contents` ending with the user, two completions scored 1 and 0."""
    unknown = sorted(set(row) - {"system_instruction", "contents", "completions"})
    if unknown:
        return f"unknown field {unknown[0]}"
    problem = turns_problem(row.get("contents"), last="user") or system_problem(row.get("system_instruction"))
    if problem:
        return problem
    completions = row.get("completions")
    if not isinstance(completions, list) or len(completions) != 2:
        return "two completions are needed"
    if not all(isinstance(item, dict) and set(item) == {"score", "completion"} for item in completions):
        return "a completion has the fields score and completion"
    if {str(item["score"]) for item in completions} not in ({"0", "1"}, {"0.0", "1.0"}):
        return "the completions must be scored 1 and 0"
    for item in completions:
        content = item["completion"]
        if not isinstance(content, dict) or content.get("role") != "model" or not texts_of(content):
            return "a completion is a turn of the model with text"
    return None


def turns_problem(contents: Any, *, last: str) -> str | None:
    """Alternation of roles, starting with the user and ending with `last`; no empty turn, no unknown field."""
    if not isinstance(contents, list) or not contents:
        return "contents must be a list of turns"
    for index, content in enumerate(contents):
        if not isinstance(content, dict) or set(content) != {"role", "parts"}:
            return "a turn has the fields role and parts"
        if content["role"] != ("user", "model")[index % 2]:
            return "turns must alternate between user and model, starting with user"
        if not texts_of(content):
            return "a turn has no text"
    return None if contents[-1]["role"] == last else f"the last turn must be of the {last}"


def system_problem(system: Any) -> str | None:
    """A system instruction, when present, is one content with text."""
    if system is None:
        return None
    if not isinstance(system, dict) or not set(system) <= {"role", "parts"} or system.get("role", "system") != "system":
        return "the system instruction has the fields role (system) and parts"
    return None if texts_of(system) else "the system instruction has no text"


def texts_of(content: dict[str, Any]) -> list[str]:
    """Texts of a turn; empty when any part is not exactly a text."""
    parts = content.get("parts")
    if not isinstance(parts, list) or not all(
        isinstance(part, dict) and set(part) == {"text"} and isinstance(part["text"], str) and part["text"].strip()
        for part in parts
    ):
        return []
    return [part["text"] for part in parts]


def rows_in_two_files(hashes: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """Problems for rows (by hash) that stand in more than one of the named files."""
    seen: dict[str, str] = {}
    for name, row_hashes in hashes:
        for row_hash in row_hashes:
            if row_hash in seen and seen[row_hash] != name:
                yield f"row {row_hash[:12]} is in {seen[row_hash]} and in {name}"
            seen[row_hash] = name
