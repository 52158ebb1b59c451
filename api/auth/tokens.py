"""The development issuer's tokens: HS256, eight hours, one audience."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from api.auth.rules.id_tokens import LEEWAY_SECONDS, MAX_TOKEN_CHARACTERS, faults
from api.errors import UnauthenticatedError

ISSUER = "cvstomize-local"
AUDIENCE = "cvstomize-api"
LIFETIME = timedelta(hours=8)


def issue_token(secret: str, user_id: uuid.UUID, now: datetime) -> str:
    """A token for one account."""
    import jwt  # a start does not wait for it

    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(user_id), "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, secret, algorithm="HS256")


def verify_token(secret: str, token: str, now: datetime) -> uuid.UUID:
    """The account a token was issued to. Raises UnauthenticatedError with the same words for every fault."""
    import jwt

    try:
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise jwt.DecodeError
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            # Times are compared with the service's own clock below, which tests and the demo can move.
            options={"require": ["exp", "iat", "sub"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        moment = now.timestamp()
        if not float(claims["iat"]) - LEEWAY_SECONDS <= moment < float(claims["exp"]) + LEEWAY_SECONDS:
            raise jwt.ExpiredSignatureError
        return uuid.UUID(claims["sub"])
    except faults() as error:
        raise UnauthenticatedError("The token is missing, expired or not valid. Sign in again.") from error
