"""Public keys of a client, ready to verify with or to be encrypted to."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..jose.keys import PublicKey, jwk_of
from .credential import PUBLIC_KEY, Credential
from .set_key import SetKey


class LoadedKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key for one algorithm."""

    credential: Credential
    """The row; for a key of a JWK Set a value in its likeness, whose ``id`` is ``jwk_`` and the thumbprint."""
    public_key: PublicKey
    algorithm: str
    """The one algorithm, canonical name."""


def loaded_keys(tenant_id: str, client_id: str, keys: Iterable[SetKey]) -> tuple[LoadedKey, ...]:
    """Keys of a set, ready to use: one for each algorithm that a key serves. None of them is a row."""
    return tuple(
        LoadedKey(credential=_credential(tenant_id, client_id, key, alg), public_key=key.public_key, algorithm=alg)
        for key in keys
        for alg in key.algs
    )


def _credential(tenant_id: str, client_id: str, key: SetKey, alg: str) -> Credential:
    return Credential(
        tenant_id=tenant_id,
        id=key.credential_id,
        client_id=client_id,
        credential_type=PUBLIC_KEY,
        kid=key.kid,
        alg=alg,
        public_jwk=jwk_of(key.public_key),
        key_sha256=key.key_sha256,
        created_at_ms=0,
        updated_at_ms=0,
    )
