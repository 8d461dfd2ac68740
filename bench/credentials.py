"""What a benchmark client proves itself with, and complete token requests as bytes, made before the clock starts."""

from __future__ import annotations

import base64
import itertools
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_ES256 = ec.ECDSA(hashes.SHA256())
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class ClientKey:
    """A P-256 key that signs client assertions (RFC 7523) with ES256."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        numbers = self._private.public_key().public_numbers()
        self.public_jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": _base64url(numbers.x.to_bytes(32, "big")),
            "y": _base64url(numbers.y.to_bytes(32, "big")),
        }
        self.public_pem = (
            self._private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
        self._header = _base64url(b'{"alg":"ES256","typ":"JWT"}')

    def assertion(self, client_id: str, audience: str) -> str:
        """A new assertion, good for one use within four minutes."""
        now = int(time.time())
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 240}
        claims["jti"] = secrets.token_urlsafe(16)
        signed = f"{self._header}.{_base64url(json.dumps(claims, separators=(',', ':')).encode())}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), _ES256))
        return f"{signed}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@dataclass(frozen=True)
class Target:
    """Where a server under test takes token requests, and who its clients are."""

    port: int
    host: str
    path: str
    audience_field: str
    assertion_audience: str
    secret_client: tuple[str, str]
    key_client: str
    key: ClientKey

    def request(self, fields: dict[str, str]) -> bytes:
        """One token request, complete to the last byte."""
        body = urlencode({"grant_type": "client_credentials", **fields}).encode()
        head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def by_secret(self, api: str) -> Iterator[bytes]:
        """The same request for ever: a secret may be shown as often as one likes."""
        client_id, secret = self.secret_client
        fields = {"client_id": client_id, "client_secret": secret, self.audience_field: api}
        return itertools.repeat(self.request(fields))

    def by_key(self, api: str, count: int) -> Iterator[bytes]:
        """`count` requests, each with an assertion of its own, all signed before this returns."""
        fields = {"client_assertion_type": _JWT_BEARER, self.audience_field: api, "client_id": self.key_client}
        sign = self.key.assertion
        signed = [
            self.request(fields | {"client_assertion": sign(self.key_client, self.assertion_audience)})
            for _ in range(count)
        ]
        return iter(signed)
