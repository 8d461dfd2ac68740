"""What a benchmark client proves itself with: client assertions and DPoP proofs."""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_ES256 = ec.ECDSA(hashes.SHA256())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class ClientKey:
    """A P-256 key that signs client assertions (RFC 7523) and DPoP proofs (RFC 9449) with ES256."""

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
        self._assertion_header = _part({"alg": "ES256", "typ": "JWT"})
        self._proof_header = _part({"alg": "ES256", "typ": "dpop+jwt", "jwk": self.public_jwk})

    def assertion(self, client_id: str, audience: str) -> str:
        """A new assertion, good for one use within four minutes."""
        now = int(time.time())
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 240}
        return self._signed(self._assertion_header, claims)

    def proof(self, method: str, url: str) -> str:
        """A new proof of this key for one request, good while the server takes it for fresh."""
        return self._signed(self._proof_header, {"htm": method, "htu": url, "iat": int(time.time())})

    def _signed(self, header: str, claims: dict[str, Any]) -> str:
        signed = f"{header}.{_part(claims | {'jti': secrets.token_urlsafe(16)})}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), _ES256))
        return f"{signed}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _part(members: dict[str, Any]) -> str:
    return _base64url(json.dumps(members, separators=(",", ":")).encode())
