"""The base of every request and response body: camelCase outside, snake_case inside, nothing poisonous in.

PostgreSQL cannot store NUL or lone surrogates and JSON has no NaN, so they are refused here, once, for every field of
every body, free-form documents included.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

MAXIMUM_DEPTH = 32


def check_wire_value(value: Any, depth: int = 0) -> None:
    """Refuse NUL, lone surrogates, NaN, infinities and deep nesting anywhere in a parsed JSON value."""
    if depth > MAXIMUM_DEPTH:
        raise PydanticCustomError("too_deep", f"Nest at most {MAXIMUM_DEPTH} levels.")
    if isinstance(value, str):
        if "\x00" in value:
            raise PydanticCustomError("nul_character", "Remove the NUL character.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise PydanticCustomError("lone_surrogate", "Send valid Unicode: a surrogate stands alone.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise PydanticCustomError("not_finite", "Numbers must be finite.")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_wire_value(key, depth + 1)
            check_wire_value(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_wire_value(item, depth + 1)


class WireModel(BaseModel):
    """A response body."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, ser_json_inf_nan="null")


class StrictWireModel(WireModel):
    """A request body: unknown fields are refused, because a misspelt one would silently be lost."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        check_wire_value(data)
        return data


WRITTEN_OUT = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?)?")


def _written_out(value: Any) -> Any:
    """Refuse seconds since 1970, which a parser would take: nobody can tell them from milliseconds."""
    if isinstance(value, datetime) or (isinstance(value, str) and WRITTEN_OUT.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_format", "Send a time of RFC 3339 with its offset: 2026-03-02T09:00:00Z.")


def _reasonable(moment: datetime) -> datetime:
    if not 1970 <= moment.year <= 2200:
        raise PydanticCustomError("out_of_range", "Give a date between 1970 and 2200.")
    return moment


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_reasonable)]
"""An RFC 3339 time with its offset. A naive time is refused: nobody can tell when it was."""
