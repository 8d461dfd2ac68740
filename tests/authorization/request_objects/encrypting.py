"""What an application does that encrypts its requests: it takes a key from what the tenant publishes."""

from __future__ import annotations

from tallystick.jose.jwe import encrypt
from tallystick.jose.keys import public_key_from_jwk
from tests.inprocess import InProcess

KTY_OF = {"RSA-OAEP-256": "RSA"}
"""Every other algorithm takes the EC key."""


def encrypted(house: InProcess, content: str, alg: str = "ECDH-ES", enc: str = "A256GCM") -> str:
    """A JWE around ``content``, to the tenant."""
    keys = house.request("GET", "/.well-known/jwks.json").json()["keys"]
    (jwk,) = [key for key in keys if key.get("use") == "enc" and key["kty"] == KTY_OF.get(alg, "EC")]
    public = public_key_from_jwk(jwk, use="enc")
    return encrypt(content.encode(), public, alg=alg, enc=enc, kid=jwk["kid"])
