"""The decoy: a client that does not exist, so that a request in the name of an unknown client costs the same work.

Whoever asks cannot learn from the time whether a client exists or which method it uses (attacks.md 15).
Its keys are made anew in every process and their private halves are dropped at once, so nothing ever matches.
"""

from __future__ import annotations

import secrets

from ..clients.client import Client
from ..clients.credential import CLIENT_SECRET, PUBLIC_KEY, Credential
from ..clients.directory import RegisteredClient
from ..clients.loaded_key import LoadedKey
from ..jose.keys import PublicKey, public_key_of
from ..jose.private_keys import generate_private_key
from ..profiles import OAUTH21

# One key serves every algorithm of its type: the work of a verification is what counts.
_KEY_SOURCES = {"RSA": "RS256", "P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "Ed25519"}
_ALGORITHM_KEYS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "Ed25519": "Ed25519",
}


def make_decoy(client_id: str) -> RegisteredClient:
    """A registered client in the name of ``client_id`` whose credentials nobody holds."""
    return RegisteredClient(
        client=Client(tenant_id="", client_id=client_id, name="", created_at_ms=0, updated_at_ms=0),
        profile=OAUTH21,
        keys=_KEYS,
        secrets=((_credential(CLIENT_SECRET), secrets.token_hex(32).encode()),),
    )


def decoy_key(alg: str) -> LoadedKey:
    """The decoy's key for an algorithm of the table."""
    return _KEY_BY_ALG[alg]


def _credential(credential_type: str) -> Credential:
    return Credential(
        tenant_id="", id="", client_id="", credential_type=credential_type, created_at_ms=0, updated_at_ms=0
    )


def _make_keys() -> tuple[LoadedKey, ...]:
    made: dict[str, PublicKey] = {
        name: public_key_of(generate_private_key(alg).public_key()) for name, alg in _KEY_SOURCES.items()
    }
    return tuple(
        LoadedKey(credential=_credential(PUBLIC_KEY), public_key=made[name], algorithm=alg)
        for alg, name in _ALGORITHM_KEYS.items()
    )


_KEYS = _make_keys()
_KEY_BY_ALG = {key.algorithm: key for key in _KEYS}
