"""An identity provider over HTTP on loopback: discovery document, keys, and the tokens they sign."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from tests.support.loopback_http import serving

AUDIENCE = "cvstomize-test-project"


def new_key(bits: int = 2_048) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65_537, key_size=bits)


def public_pem(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def public_jwk(name: str, key: RSAPrivateKey, **changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return entry | {"kid": name, "use": "sig", "alg": "RS256"} | changes


@dataclass
class Provider:
    """What the provider answers, and how often it was asked. `answer` replaces the key document."""

    keys: dict[str, RSAPrivateKey] = field(default_factory=dict)
    key_requests: int = 0
    status: int = 200
    delay: float = 0.0
    answer: Callable[[], bytes] | None = None
    issuer: str = ""

    @property
    def address(self) -> str:
        return f"{self.issuer}/keys"

    def key_document(self) -> bytes:
        if self.answer is not None:
            return self.answer()
        return json.dumps({"keys": [public_jwk(name, key) for name, key in self.keys.items()]}).encode()

    def claims(self, subject: str, address: str, now: datetime, **changes: Any) -> dict[str, Any]:
        """Claims of a good token; a change to None leaves one out."""
        moment = int(now.timestamp())
        claims = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": subject, "iat": moment, "exp": moment + 3_600,
            "auth_time": moment, "email": address, "email_verified": True, "name": "Ada Example",
        } | changes  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, subject: str, address: str, now: datetime, *, kid: str = "first", **changes: Any) -> str:
        return jwt.encode(
            self.claims(subject, address, now, **changes), self.keys[kid], algorithm="RS256", headers={"kid": kid}
        )


@contextmanager
def running_provider(key: RSAPrivateKey | None = None) -> Iterator[Provider]:
    """A provider with one key, `first`."""
    provider = Provider({"first": key or new_key()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/keys":
                provider.key_requests += 1
                body = provider.key_document()
            elif self.path == "/.well-known/openid-configuration":
                body = json.dumps({"issuer": provider.issuer, "jwks_uri": provider.address}).encode()
            else:
                self.send_error(404)
                return
            time.sleep(provider.delay)
            self.send_response(provider.status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "public, max-age=600")
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return  # the caller went away, as it should from a slow or huge answer

        def log_message(self, *_: Any) -> None:
            return

    with serving(Handler) as provider.issuer:
        yield provider
