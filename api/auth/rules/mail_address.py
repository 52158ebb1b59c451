"""A mail address in a body or a token, checked by a library that is loaded with the first address.

Pydantic's own type loads it where the type is named: a fiftieth of the start of a service that has not seen one yet.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field


def checked(text: str) -> str:
    """The address in its normal form. Raises PydanticCustomError `value_error` with the reason."""
    from pydantic.networks import validate_email

    return validate_email(text)[1]


MailAddress = Annotated[str, AfterValidator(checked), Field(json_schema_extra={"format": "email"})]
