"""JWTs of any shape, also those that no honest client makes."""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from tallystick.jose.algorithms import ALGORITHMS, canonical_alg
from tallystick.jose.keys import pem_of, public_key_of
from tallystick.jose.private_keys import AnyPrivateKey, generate_private_key


class _LeftOut:
    """Shows itself alike in every process: names of tests are made of it."""

    def __repr__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT: Any = _LeftOut()
"""As a claim or header parameter: not there at all."""


def b64(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes, sign: Any) -> str:
    """A compact JWS; ``sign`` maps the signing input to the signature."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signing_input = ".".join(b64(part) for part in parts)
    return f"{signing_input}.{b64(sign(signing_input.encode()))}"


@dataclass
class Key:
    """A client's key pair, for one algorithm."""

    alg: str = "ES256"
    kid: str | None = None
    private: AnyPrivateKey = field(default=None, repr=False)  # type: ignore[assignment]  # made in __post_init__

    def __post_init__(self) -> None:
        if self.private is None:
            self.private = generate_private_key(canonical_alg(self.alg) or self.alg)

    @property
    def public_pem(self) -> str:
        """What is registered."""
        return pem_of(public_key_of(self.private.public_key()))

    def sign(self, signing_input: bytes) -> bytes:
        """The signature over these bytes."""
        return ALGORITHMS[canonical_alg(self.alg) or self.alg].sign(self.private, signing_input)

    def jwt(self, claims: dict[str, Any] | bytes, **header: Any) -> str:
        """A JWT over the claims; header parameters beside ``alg`` as given, :data:`LEFT_OUT` removes one."""
        full = {"alg": self.alg, **({"kid": self.kid} if self.kid else {}), **header}
        return compact(_present(full), claims if isinstance(claims, bytes) else _present(claims), self.sign)

    def assertion(self, client_id: str, audience: Any, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A client assertion; claims as given replace the good ones, :data:`LEFT_OUT` removes one."""
        return self.jwt({**good_claims(client_id, audience), **claims}, **(header or {}))


def good_claims(client_id: str, audience: Any) -> dict[str, Any]:
    """What an honest client says."""
    now = int(time.time())
    jti = secrets.token_urlsafe(16)
    return {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 60, "jti": jti}


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not LEFT_OUT}
