"""A public key of a client, ready to verify with or to be encrypted to."""

from __future__ import annotations

import msgspec

from ..jose.keys import PublicKey
from .credential import Credential


class LoadedKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key for one algorithm."""

    credential: Credential
    """The row; for a key of a JWK Set a value in its likeness, whose ``id`` is ``jwk_`` and the thumbprint."""
    public_key: PublicKey
    algorithm: str
    """The one algorithm, canonical name."""
