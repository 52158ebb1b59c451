"""ID tokens of the identity provider: RS256 only, every claim checked against the caller's clock.

The algorithm is fixed here and never read from the token, so a token signed with HMAC under the public key, or not at
all, cannot pass. Source of the claims: OpenID Connect Core 1.0, section 3.1.3.7; Firebase, "Verify ID tokens".
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.auth.rules.mail_address import MailAddress

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from jwt.types import Options

ALGORITHM = "RS256"
LEEWAY_SECONDS = 30
MAX_TOKEN_CHARACTERS = 8_192
"""Firebase's tokens have about 1,200; a longer one is not worth reading."""
MAX_NAME_CHARACTERS = 200


@cache
def faults() -> tuple[type[Exception], ...]:
    """Everything PyJWT and the JSON reader below it raise on hostile input, deep nesting and huge numbers included.

    PyJWT brings the cryptography library: it is imported on first use, because a start does not wait for it.
    """
    import jwt

    return (jwt.InvalidTokenError, ValueError, TypeError, KeyError, OverflowError, RecursionError)


class TokenError(Exception):
    """The token does not hold. Says nothing more: the caller answers every fault in the same words."""


class UnverifiedMailError(TokenError):
    """The token is genuine, but the provider has not verified the person's mail address."""


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("is no number")  # noqa: TRY004 - pydantic turns it into a validation error
    return value


def _shown(value: Any) -> Any:
    """A display name without what a database cannot hold; anything but text counts as none."""
    if not isinstance(value, str):
        return ""
    kept = "".join(character for character in value if character.isprintable())
    return kept.strip()[:MAX_NAME_CHARACTERS]


Seconds = Annotated[float, BeforeValidator(_no_boolean), Field(allow_inf_nan=False)]
Identifier = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class IdToken(BaseModel):
    """The claims that count. Times are seconds since 1970; `audience` is one client, not a list of several."""

    model_config = ConfigDict(strict=True, frozen=True)

    iss: str
    aud: str | list[str]
    sub: Identifier
    exp: Seconds
    iat: Seconds
    nbf: Seconds | None = None
    auth_time: Seconds | None = None
    email: Annotated[MailAddress, Field(max_length=254)] | None = None
    email_verified: bool = False
    name: Annotated[str, BeforeValidator(_shown)] = ""

    @property
    def signed_in_at(self) -> float:
        """When the person proved who they are: older than `iat` when the provider renewed the token."""
        return self.iat if self.auth_time is None else min(self.auth_time, self.iat)


class VerifiedIdToken(IdToken):
    """An ID token whose mail address the provider vouches for."""

    email: Annotated[MailAddress, Field(max_length=254)]


def looks_like_id_token(token: str) -> bool:
    """Whether a token says it is signed by a provider. Decides who looks at it, and nothing else."""
    import jwt

    try:
        return len(token) <= MAX_TOKEN_CHARACTERS and jwt.get_unverified_header(token).get("alg") == ALGORITHM
    except faults():
        return False


def key_id(token: str) -> str:
    """The key a token asks for. Raises TokenError."""
    import jwt

    if len(token) > MAX_TOKEN_CHARACTERS:
        raise TokenError
    try:
        header = jwt.get_unverified_header(token)
    except faults() as error:
        raise TokenError from error
    found = header.get("kid")
    # An access token (`at+jwt`) speaks to an API about a client; it does not say who a person is.
    plain = str(header.get("typ", "JWT")).upper() == "JWT" and "crit" not in header and header.get("b64") is None
    if header.get("alg") != ALGORITHM or not plain or not isinstance(found, str) or not 0 < len(found) <= 200:
        raise TokenError
    return found


def read_id_token(
    token: str, key: RSAPublicKey | None, *, issuer: str, audience: str, now: datetime
) -> VerifiedIdToken:
    """The claims of a good token; without its key none is. Raises TokenError.

    Raises UnverifiedMailError when the token is good and only the address is not verified.
    """
    import jwt

    if key is None:
        raise TokenError
    # Times are compared with the caller's clock, the rest exactly, below.
    options: Options = {
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
        "verify_iss": False,
        "verify_sub": False,
        "verify_jti": False,
    }
    try:
        raw = jwt.decode(token, key, algorithms=[ALGORITHM], options=options)
        claims = IdToken.model_validate(raw)
    except faults() as error:  # pydantic's own error is a ValueError
        raise TokenError from error
    # One audience: a token for several clients is no proof that it was made for this one.
    if claims.iss != issuer or claims.aud not in (audience, [audience]):
        raise TokenError
    latest, moment = now.timestamp() + LEEWAY_SECONDS, now.timestamp()
    started = [time for time in (claims.iat, claims.nbf, claims.auth_time) if time is not None]
    if any(time > latest for time in started) or moment >= claims.exp + LEEWAY_SECONDS:
        raise TokenError
    if not claims.email_verified or claims.email is None:
        raise UnverifiedMailError
    return VerifiedIdToken.model_validate(claims.model_dump())
