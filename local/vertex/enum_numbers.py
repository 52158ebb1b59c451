"""Enum values sent as numbers, by name: clients made from Google's protos send the one, google-genai the other."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict

from local.vertex.errors import GoogleError


class EnumNumbers(BaseModel):
    """One enum: the message of the proto it stands in, and its names by number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    message: str
    names: dict[int, str]


@cache
def read_enum_numbers() -> dict[str, EnumNumbers]:
    """The content of enum_numbers.yaml, by the name of the SDK's class."""
    document = yaml.safe_load(Path(__file__).with_name("enum_numbers.yaml").read_text(encoding="utf-8"))
    return {name: EnumNumbers.model_validate(values) for name, values in document.items()}


def with_names(kind: object, value: Any, path: str = "") -> Any:
    """`value`, meant for a field annotated `kind`, with every enum number in it written as its name.

    Raises GoogleError 400 for a number that its enum does not know. What has the wrong shape stays as it is, for the
    model to refuse in its own words.
    """
    if isinstance(value, dict):
        for model in _classes(kind, BaseModel):
            fields = dict(model.model_fields)
            fields |= {field.alias: field for field in model.model_fields.values() if field.alias}
            return {
                key: with_names(fields[key].annotation, item, f"{path}.{key}" if path else key)
                if key in fields
                else item
                for key, item in value.items()
            }
        return value
    if isinstance(value, list):
        return [with_names(kind, item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, int) and not isinstance(value, bool):
        for found in _classes(kind, enum.Enum):
            numbers = read_enum_numbers().get(found.__name__)
            if numbers is None or value not in numbers.names:
                raise GoogleError(400, f"Invalid value for '{path}': {value}")
            return numbers.names[value]
    return value


def _classes(annotation: object, base: type) -> Iterator[Any]:
    """The subclasses of `base` in an annotation such as `list[X] | None`."""
    if isinstance(annotation, type) and not get_args(annotation):
        if issubclass(annotation, base):
            yield annotation
        return
    for part in get_args(annotation):
        yield from _classes(part, base)
