"""Somebody that things are encrypted to: their keys, and how they open them, with a library that is not ours."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from joserfc.jwe import JWERegistry, decrypt_compact, encrypt_compact
from joserfc.jwk import ECKey, RSAKey, import_key

from tallystick.jose import base64url
from tallystick.jose.encryption_algorithms import CONTENT_ENCS, KEY_ALGS
from tallystick.jose.keys import jwk_of, pem_of
from tallystick.jose.private_keys import AnyPrivateKey, generate_private_key, public_key_for

_STANDARD = [alg for alg in KEY_ALGS if alg not in ("RSA-OAEP-384", "RSA-OAEP-512")]
_REGISTRY = JWERegistry(algorithms=[*_STANDARD, *CONTENT_ENCS], strict_check_header=False)


@cache
def rsa_key() -> AnyPrivateKey:
    """One RSA key for all tests: making one is slow, and nobody registers it twice in one house."""
    return generate_private_key("RS256")


class Recipient(msgspec.Struct, frozen=True):
    """One key pair, registered for ``alg``."""

    alg: str
    private: AnyPrivateKey

    @property
    def public_pem(self) -> str:
        """What is registered."""
        return pem_of(public_key_for(self.private))

    def jwk(self, **more: Any) -> dict[str, Any]:
        """The public half as a JWK."""
        return {**jwk_of(public_key_for(self.private)), "use": "enc", **more}

    @property
    def thumbprint(self) -> str:
        """RFC 7638."""
        return public_key_for(self.private).thumbprint

    def opened(self, text: str) -> tuple[dict[str, Any], str]:
        """Header and content."""
        held: RSAKey | ECKey = _held(self.private)
        plaintext = decrypt_compact(text, held, registry=_REGISTRY).plaintext
        assert plaintext is not None
        return header_of(text), plaintext.decode()


def recipient(alg: str = "ECDH-ES") -> Recipient:
    """Somebody with a key for an algorithm, a P-256 one of their own unless it is RSA."""
    return Recipient(alg, rsa_key() if alg.startswith("RSA") else generate_private_key("ES256"))


def encrypted_to(jwk: dict[str, Any], alg: str, content: str, **header: Any) -> str:
    """A JWE to a published key, made by joserfc."""
    full = {"alg": alg, "enc": "A256GCM", **header}
    key = import_key({name: value for name, value in jwk.items() if name not in ("alg", "use")})
    return encrypt_compact(full, content.encode(), key, registry=_REGISTRY)


def header_of(text: str) -> dict[str, Any]:
    """The protected header."""
    header: dict[str, Any] = msgspec.json.decode(base64url.decode(text.partition(".")[0]))
    return header


def _held(key: Any) -> RSAKey | ECKey:
    return RSAKey.import_key(key) if hasattr(key, "decrypt") else ECKey.import_key(key)
