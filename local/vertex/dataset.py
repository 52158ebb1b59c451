"""Reads the dataset a tuning job names, row by row, as the real service does before it trains.

Rows are checked with Google's own types; what is too long is counted as dropped, what is malformed fails the job.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from google.genai import types
from pydantic import ValidationError

from local.vertex.catalogue import read_catalogue

BYTES_PER_TOKEN = 4
READ_SECONDS = 30.0


class DatasetError(Exception):
    """The dataset cannot be read or holds a row that is not an example. The job fails with these words."""


@dataclass
class DatasetStatistics:
    """What was counted while reading one file. `dropped` holds 1-based row numbers."""

    example_count: int = 0
    input_tokens: list[int] = field(default_factory=list)
    output_tokens: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    characters: int = 0

    @property
    def billable_tokens(self) -> int:
        """Tokens of one pass over the examples that were kept."""
        return sum(self.input_tokens) + sum(self.output_tokens)


def estimate_tokens(text: str) -> int:
    """About four bytes a token, never 0 for a text that is not empty."""
    return (len(text.encode("utf-8")) + BYTES_PER_TOKEN - 1) // BYTES_PER_TOKEN


def read_object(uri: str, storage_host: str | None = None) -> bytes:
    """Bytes of `gs://bucket/object` from the Cloud Storage stand-in. Raises DatasetError."""
    host = storage_host or os.environ.get("STORAGE_EMULATOR_HOST", "")
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    if not uri.startswith("gs://") or not bucket or not name:
        raise DatasetError(f"{uri} is not a gs:// address of an object")
    if not host:
        raise DatasetError("STORAGE_EMULATOR_HOST is not set: the dataset cannot be read")
    if "://" not in host:
        host = f"http://{host}"
    try:
        answer = httpx.get(
            f"{host.rstrip('/')}/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media", timeout=READ_SECONDS
        )
    except httpx.HTTPError as error:
        raise DatasetError(f"{uri} cannot be read: {type(error).__name__}") from None
    if answer.status_code != 200:
        raise DatasetError(f"{uri} cannot be read: status {answer.status_code}")
    return answer.content


def read_statistics(content: bytes, method: str, *, is_validation: bool) -> DatasetStatistics:
    """Check every row of a file and count it. Raises DatasetError naming the first bad row."""
    limits = read_catalogue()
    if len(content) > limits.max_training_bytes:
        raise DatasetError(f"the file is larger than {limits.max_training_bytes} bytes")
    statistics = DatasetStatistics()
    for number, line in enumerate(content.decode("utf-8").split("\n")[:-1], start=1):
        inputs, outputs = texts_of_row(number, line, method)
        statistics.example_count += 1
        read, written = sum(map(estimate_tokens, inputs)), sum(map(estimate_tokens, outputs))
        if read + written > limits.max_tokens_per_example:
            statistics.dropped.append(number)
            continue
        statistics.input_tokens.append(read)
        statistics.output_tokens.append(written)
        statistics.characters += sum(map(len, inputs)) + sum(map(len, outputs))
    if not statistics.example_count:
        raise DatasetError("the file holds no example")
    if is_validation and statistics.example_count > limits.max_validation_rows:
        raise DatasetError(f"the validation file holds more than {limits.max_validation_rows} rows")
    return statistics


def texts_of_row(number: int, line: str, method: str) -> tuple[list[str], list[str]]:
    """Texts a row feeds in and texts it wants out. Raises DatasetError when the row is not an example of `method`."""
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise DatasetError(f"row {number} is not an object")
        if method == "preference":
            return preference_texts(row)
        return supervised_texts(row)
    except (ValueError, ValidationError) as error:
        words = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise DatasetError(f"row {number} is not a {method} example: {words}") from None


def supervised_texts(row: dict[str, Any]) -> tuple[list[str], list[str]]:
    """`systemInstruction` and alternating `contents` that end with the model."""
    refuse_unknown(row, {"systemInstruction", "contents"})
    contents = [types.Content.model_validate(content) for content in row["contents"]]
    roles = [content.role for content in contents]
    if len(roles) < 2 or roles != ["user", "model"] * (len(roles) // 2):
        raise ValueError("turns must alternate between user and model and end with the model")
    system = [types.Content.model_validate(row["systemInstruction"])] if "systemInstruction" in row else []
    inputs = list(texts_of(system)) + list(texts_of(contents[:-1]))
    return inputs, list(texts_of(contents[-1:]))


def preference_texts(row: dict[str, Any]) -> tuple[list[str], list[str]]:
    """`contents` that end with the user and exactly two scored completions."""
    refuse_unknown(row, {"system_instruction", "contents", "completions"})
    example = types.GeminiPreferenceExample.model_validate(
        {"contents": row["contents"], "completions": row["completions"]}
    )
    if [content.role for content in example.contents or []][-1:] != ["user"]:
        raise ValueError("contents must end with the user")
    completions = example.completions or []
    if sorted(completion.score or 0.0 for completion in completions) != [0.0, 1.0]:
        raise ValueError("two completions scored 1 and 0 are needed")
    system = [types.Content.model_validate(row["system_instruction"])] if "system_instruction" in row else []
    inputs = list(texts_of(system)) + list(texts_of(example.contents or []))
    return inputs, list(texts_of([completion.completion for completion in completions if completion.completion]))


def refuse_unknown(row: dict[str, Any], known: set[str]) -> None:
    """Raise ValueError for a field the format does not have."""
    unknown = sorted(set(row) - known)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]}")
    if "contents" not in row:
        raise ValueError("contents is missing")


def texts_of(contents: list[types.Content]) -> Iterator[str]:
    """Every text part, refusing an empty turn."""
    for content in contents:
        texts = [part.text for part in content.parts or [] if part.text]
        if not texts:
            raise ValueError("a turn has no text")
        yield from texts
