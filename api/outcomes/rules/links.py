"""Signed links: they say what they are for, until when, and cannot be altered. Nothing is stored.

A token is base64url(id, expiry, purpose) and the first 16 bytes of its HMAC-SHA256 (RFC 2104) under the signing key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

ID_BYTES = 16
EXPIRY_BYTES = 5
HEADER_BYTES = ID_BYTES + EXPIRY_BYTES
SIGNATURE_BYTES = 16
MAX_TOKEN_CHARACTERS = 200


class LinkError(Exception):
    """The link is altered, past its time, or meant for something else."""


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What a link is about, what it may do, and until when."""

    subject_id: uuid.UUID
    purpose: str
    expires_at: datetime


def sign_link(secret: str, link: SignedLink) -> str:
    """The link's token, safe in a URL path."""
    expiry = int(link.expires_at.timestamp()).to_bytes(EXPIRY_BYTES, "big")
    payload = link.subject_id.bytes + expiry + link.purpose.encode()
    return _encode(payload + _signature(secret, payload))


def read_link(secret: str, token: str, now: datetime) -> SignedLink:
    """What a token says. Raises LinkError unless the signature holds and its time has not passed."""
    raw = _decode(token)
    payload, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if len(payload) <= HEADER_BYTES or not hmac.compare_digest(signature, _signature(secret, payload)):
        raise LinkError("This link is not valid.")
    expires_at = datetime.fromtimestamp(int.from_bytes(payload[ID_BYTES:HEADER_BYTES], "big"), UTC)
    if expires_at <= now:
        raise LinkError("This link has expired.")
    return SignedLink(uuid.UUID(bytes=payload[:ID_BYTES]), payload[HEADER_BYTES:].decode(), expires_at)


def _signature(secret: str, payload: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"signed link" + payload, hashlib.sha256)[:SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes:
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise LinkError("This link is not valid.")
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise LinkError("This link is not valid.") from error
    # One link has one spelling: the unused bits of the last character must be zero.
    if _encode(raw) != token:
        raise LinkError("This link is not valid.")
    return raw
