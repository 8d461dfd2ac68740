"""Published keys: the public half of the ring, as the JWKS document shows it and as our own tokens are verified.

Of keys for encryption only the current one is published: senders choose among what they see, and shall choose that.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from ..jose import base64url
from ..jose.encryption_algorithms import algs_of
from ..jose.keys import PublicKey, jwk_of, public_key_from_pem, public_key_of
from ..records import Json
from .key import ENCRYPTION, SIGNING, SigningKey

HEADER_ALG = {"Ed25519": "EdDSA"}
"""What headers and key sets say where it differs from our name: RFC 8037's, which receivers know that do not know
RFC 9864's ``Ed25519`` yet."""


class PublishedKey(msgspec.Struct, frozen=True, eq=False):
    """One key that others verify our signatures with, or encrypt to."""

    kid: str
    alg: str
    """Canonical name: the only algorithm it may verify. ``ECDH-ES`` stands for its family."""
    key: PublicKey
    jwk: Json
    """The public members with ``use``, ``kid``, and where they say something ``alg``, ``x5t`` and ``x5c``."""


def header_alg(alg: str) -> str:
    """What a JWT header and a JWK say for one of our algorithm names."""
    return HEADER_ALG.get(alg, alg)


def publish(key: SigningKey) -> PublishedKey:
    """The public half of a key."""
    return _for_encryption(key) if key.use == ENCRYPTION else _for_signatures(key)


def _for_encryption(key: SigningKey) -> PublishedKey:
    public = public_key_from_pem(key.certificate)
    # Without alg a key of the ECDH-ES family is found by every sender of it: libraries compare the member with the
    # algorithm they were told, and few know that ECDH-ES and ECDH-ES+A128KW take the same key.
    alg = {} if algs_of(key.alg) != (key.alg,) else {"alg": key.alg}
    return PublishedKey(key.kid, key.alg, public, {**jwk_of(public), "use": ENCRYPTION, **alg, "kid": key.kid})


def _for_signatures(key: SigningKey) -> PublishedKey:
    certificate = x509.load_pem_x509_certificate(key.certificate.encode())
    public = public_key_of(certificate.public_key())
    der = certificate.public_bytes(Encoding.DER)
    jwk = {
        **jwk_of(public),
        "use": SIGNING,
        "alg": header_alg(key.alg),
        "kid": key.kid,
        # RFC 7517 4.8: SHA-1 of the DER certificate; a name for it, nobody's security rests on it.
        "x5t": base64url.encode(certificate.fingerprint(SHA1())),  # noqa: S303 - the field's own definition
        "x5c": [b64encode(der).decode("ascii")],
    }
    return PublishedKey(key.kid, key.alg, public, jwk)


def jwks_document(keys: Iterable[PublishedKey], *, remove_alg: bool = False) -> Json:
    """The JWK Set (RFC 7517 5). ``remove_alg`` is the tenant's flag ``remove_alg_from_jwks``: keys without ``alg``."""
    jwks = [key.jwk for key in keys]
    if remove_alg:
        jwks = [{name: value for name, value in jwk.items() if name != "alg"} for jwk in jwks]
    return {"keys": jwks}
