"""The keys of a client for one usage, wherever they come from: to verify its signatures, and to encrypt to it."""

from __future__ import annotations

import msgspec

from ..jose.encryption_algorithms import algs_of
from ..jose.keys import PublicKey
from .directory import LoadedKey, RegisteredClient


class RecipientKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the client's that something is encrypted to."""

    public_key: PublicKey
    kid: str | None
    """For the header, so that the client knows which of its keys opens it."""


class ClientKeys:
    """Answers with keys that are ready to use."""

    async def signing(
        self, tenant_id: str, registered: RegisteredClient, usage: str, kid: str | None, now_ms: int
    ) -> tuple[LoadedKey, ...]:
        """Every key of ``private_key_jwt`` or ``signed_request_object``, live or not.

        ``kid`` is what the JWT names. It chooses nothing: which of the keys may have signed is asked of
        `clientauth.registered_keys`.
        """
        return registered.keys_of(usage)

    async def encryption(
        self, tenant_id: str, registered: RegisteredClient, alg: str, now_ms: int
    ) -> RecipientKey | None:
        """The live key for ``alg`` that was registered last, or None. A key for ECDH-ES is for the whole family."""
        fitting = [
            key
            for key in registered.keys_of("response_encryption")
            if alg in algs_of(key.algorithm) and key.credential.is_live(now_ms)
        ]
        if not fitting:
            return None
        return RecipientKey(public_key=fitting[-1].public_key, kid=fitting[-1].credential.kid)
