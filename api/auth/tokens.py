"""The development issuer's tokens: HS256, eight hours, one audience."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import jwt

from api.errors import UnauthenticatedError

ISSUER = "cvstomize-local"
AUDIENCE = "cvstomize-api"
LIFETIME = timedelta(hours=8)
LEEWAY_SECONDS = 30


def issue_token(secret: str, user_id: uuid.UUID, now: datetime) -> str:
    """A token for one account."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(user_id), "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, secret, algorithm="HS256")


def verify_token(secret: str, token: str) -> uuid.UUID:
    """The account a token was issued to. Raises UnauthenticatedError with the same words for every fault."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub"]},
        )
        return uuid.UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise UnauthenticatedError("The token is missing, expired or not valid. Sign in again.") from error
