"""Stored answers are sealed: they may hold a share token or personal data, and the database holds neither in the clear.

The key is derived from the service's signing key, so a copy of the database alone opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def _cipher(secret: str, row_id: uuid.UUID) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # a start does not wait for it

    return AESGCM(hmac.digest(secret.encode(), b"idempotency answer" + row_id.bytes, hashlib.sha256))


def seal(secret: str, row_id: uuid.UUID, body: bytes) -> bytes:
    """Encrypt an answer for one row with AES-256-GCM and a fresh nonce."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher(secret, row_id).encrypt(nonce, body, None)


def unseal(secret: str, row_id: uuid.UUID, sealed: bytes) -> bytes | None:
    """The answer, or None when it was sealed with a signing key that has been changed since."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(secret, row_id).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except InvalidTag:
        return None
