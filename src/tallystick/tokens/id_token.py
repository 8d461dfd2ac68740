"""The ID token: what an application learns of a sign-in (OpenID Connect Core 2, 3.1.3.6, 3.3.2.11). Pure."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256, sha512
from typing import Any

import msgspec

from ..clients.client import Client
from ..jose import base64url
from ..records import Json
from ..tenants.tenant import Tenant

HASHES: dict[str, Callable[[bytes], Any]] = {
    "RS256": sha256,
    "PS256": sha256,
    "ES256": sha256,
    # Ed25519 hashes with SHA-512 (RFC 8032 5.1), so that is the hash of its header's algorithm.
    "Ed25519": sha512,
}
"""What an ID token can be signed with, by canonical name, and the hash of ``at_hash``, ``c_hash`` and ``s_hash``. An
algorithm that is not here signs nothing: a hash left out for it would be a check left out by whoever reads the token
(attacks.md 46)."""
LIFETIME_S = 36_000
"""As Auth0's, unless ``jwt_configuration`` says otherwise."""


class IdTokenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides what an ID token says."""

    tenant: Tenant
    client: Client
    subject: str
    auth_time_ms: int
    session_id: str | None
    amr: list[str]
    acr: str | None
    nonce: str | None
    person: Json
    """The claims of the person that go in, already chosen."""
    access_token: str | None = None
    code: str | None = None
    state: str | None = None
    """Where the profile wants ``s_hash``."""
    now_ms: int


def id_token_claims(order: IdTokenOrder, alg: str) -> Json:
    """The claims, in a stable order; what is not known or was not asked for is left out."""
    issued_at_s = order.now_ms // 1000
    lifetime_s = int((order.client.metadata.get("jwt_configuration") or {}).get("lifetime_in_seconds") or LIFETIME_S)
    claims: Json = {
        **order.person,
        # After the person's: no profile may ever say who issued this, for whom, or how somebody signed in.
        "iss": order.tenant.issuer,
        "sub": order.subject,
        "aud": order.client.client_id,
        "iat": issued_at_s,
        "exp": issued_at_s + lifetime_s,
        "auth_time": order.auth_time_ms // 1000,
        "sid": order.session_id,
        "nonce": order.nonce,
        "acr": order.acr,
        "amr": order.amr or None,
        "at_hash": _half_hash(alg, order.access_token),
        "c_hash": _half_hash(alg, order.code),
        "s_hash": _half_hash(alg, order.state),
    }
    return {name: value for name, value in claims.items() if value is not None}


def _half_hash(alg: str, text: str | None) -> str | None:
    """OpenID Connect Core 3.1.3.6: the left half of the hash; the text is ASCII, or the client's own UTF-8."""
    if text is None:
        return None
    digest: bytes = HASHES[alg](text.encode()).digest()
    return base64url.encode(digest[: len(digest) // 2])
