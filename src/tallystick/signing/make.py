"""Making keys: a private key, sealed, with a certificate over it and a kid as Auth0 shapes it."""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ..jose.private_keys import AnyPrivateKey, generate_private_key, private_key_to_der
from ..sealing import Sealer
from ..tenants.tenant import Tenant
from .key import CURRENT, ENCRYPTION_ALGS, NEXT, SigningKey

SIGNING_ALGS = ("RS256", "PS256", "ES256", "Ed25519")
"""What the server signs with, the default first. Each has keys of its own (RFC 8725 3.1: one key, one algorithm)."""
ALGS = (*SIGNING_ALGS, *ENCRYPTION_ALGS)
"""All that the server has keys for."""
_MADE_LIKE = {"RSA-OAEP-256": "RS256", "ECDH-ES": "ES256"}
"""Algorithm of encryption → one that signs with keys of the same type and curve."""

SEAL_PURPOSE = "signing-key"
RSA_BITS = 2048
KID_CHARS = 21
_KID_ALPHABET = string.ascii_letters + string.digits
"""Of base64url without ``-`` and ``_``: a kid that began with a dash would be an option on a command line."""
_CERTIFICATE_LIFE = timedelta(days=5000)
"""Nobody checks these dates: the certificate only carries the key to old SAML-like clients, as Auth0's does."""
_COMMON_NAME_CHARS_MAX = 64


def new_kid() -> str:
    """A fresh kid: 21 letters and digits, 125 random bits."""
    return "".join(secrets.choice(_KID_ALPHABET) for _ in range(KID_CHARS))


async def make_key(sealer: Sealer, tenant: Tenant, alg: str, state: str, now_ms: int) -> SigningKey:
    """A new key of the tenant for one of :data:`ALGS`; made off the event loop, since RSA takes its time."""
    return await asyncio.to_thread(_make_key, sealer, tenant, alg, state, now_ms)


async def missing_keys(sealer: Sealer, tenant: Tenant, existing: Sequence[SigningKey], now_ms: int) -> list[SigningKey]:
    """The keys a tenant lacks: all on first start; later, for new algorithms."""
    has = {(key.alg, key.state) for key in existing}
    lacking = [(alg, state) for alg in ALGS for state in states_of(alg) if (alg, state) not in has]
    return [await make_key(sealer, tenant, alg, state, now_ms) for alg, state in lacking]


def states_of(alg: str) -> tuple[str, ...]:
    """The states in which every algorithm has a key, the one that a fresh key gets last.

    Who verifies must know a key before it signs: hence a next one. Who encrypts takes what is published, and the key
    that was published before still decrypts: nobody needs to know another beforehand.
    """
    return (CURRENT,) if alg in ENCRYPTION_ALGS else (CURRENT, NEXT)


def _make_key(sealer: Sealer, tenant: Tenant, alg: str, state: str, now_ms: int) -> SigningKey:
    if alg not in ALGS:
        raise ValueError(f"the server has no keys for {alg}")
    private_key, kid = generate_private_key(_MADE_LIKE.get(alg, alg), rsa_bits=RSA_BITS), new_kid()
    return SigningKey(
        tenant_id=tenant.tenant_id,
        kid=kid,
        alg=alg,
        state=state,
        private_key_sealed=sealer.seal(private_key_to_der(private_key), tenant.tenant_id, kid),
        certificate=_certificate(private_key, alg, tenant.canonical.issuer, now_ms),
        created_at_ms=now_ms,
        current_since_ms=now_ms if state == CURRENT else None,
    )


def _certificate(private_key: AnyPrivateKey, alg: str, issuer: str, now_ms: int) -> str:
    # A key for encryption signs nothing, not even this: here another does, and is forgotten at once. It has a
    # certificate at all because a node of the version before, during an upgrade, reads one in every row.
    signer = generate_private_key("ES256") if alg in ENCRYPTION_ALGS else private_key
    host = urlsplit(issuer).hostname or "tallystick"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:_COMMON_NAME_CHARS_MAX])])
    begins = datetime.fromtimestamp(now_ms // 1000, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _CERTIFICATE_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    # Ed25519 brings its own hash and takes none (RFC 8410).
    hashing = None if not hasattr(signer, "key_size") else SHA256()
    return builder.sign(signer, hashing).public_bytes(Encoding.PEM).decode("ascii")
