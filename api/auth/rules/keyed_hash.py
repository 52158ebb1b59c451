"""Names for rows that must not name anybody."""

from __future__ import annotations

import hashlib
import hmac


def keyed_hash(secret: str, purpose: str, *parts: str) -> str:
    """HMAC-SHA256 of the parts: the same for the same parts, and of no use without the secret.

    Parts are joined by NUL, which no address, issuer or subject holds, so that two ways to split a text differ.
    """
    return hmac.new(secret.encode(), "\0".join((purpose, *parts)).encode(), hashlib.sha256).hexdigest()
