"""Bodies of registration and sign-in."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import Field

from api.auth.rules.mail_address import MailAddress
from api.wire import Instant, StrictWireModel, WireModel


class RegisterRequest(StrictWireModel):
    """A new account of the development issuer."""

    email: MailAddress = Field(max_length=254, examples=["ada@example.com"])
    password: str = Field(min_length=10, max_length=200, examples=["correct horse battery"])
    display_name: str = Field("", max_length=200, examples=["Ada Example"])


class LoginRequest(StrictWireModel):
    """Sign-in with address and password."""

    email: MailAddress = Field(max_length=254, examples=["ada@example.com"])
    password: str = Field(max_length=200, examples=["correct horse battery"])


class TokenResponse(WireModel):
    """A bearer token and how long it holds, in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int


class MeResponse(WireModel):
    """The signed-in account."""

    id: uuid.UUID
    email: str
    display_name: str
    created_at: Instant
