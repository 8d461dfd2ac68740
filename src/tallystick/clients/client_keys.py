"""The keys of a client for one usage, wherever they come from: to verify its signatures, and to encrypt to it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from ..jose.encryption_algorithms import algs_of
from ..jose.keys import PublicKey
from .client import CERTIFICATE_USAGE
from .directory import RegisteredClient
from .key_sets import KeySets
from .loaded_key import LoadedKey


class RecipientKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the client's that something is encrypted to."""

    public_key: PublicKey
    kid: str | None
    """For the header, so that the client knows which of its keys opens it."""


class ClientKeys:
    """Answers with keys that are ready to use."""

    def __init__(self, key_sets: KeySets) -> None:
        self._key_sets = key_sets

    async def signing(
        self, registered: RegisteredClient, usage: str, kid: str | None, now_ms: int
    ) -> tuple[LoadedKey, ...]:
        """Every key of ``private_key_jwt`` or ``signed_request_object``, live or not.

        ``kid`` is what the JWT names. It chooses nothing: which of the keys may have signed is asked of
        `clientauth.registered_keys`. It only says for what a set by address may have to be fetched.
        """
        url = registered.key_set_urls.get(usage)
        if url is None:
            return registered.keys_of(usage)
        return (await self._key_sets.get(registered.client, url, kid, now_ms)).keys_for("sig", now_ms)

    async def with_keys(self, registered: RegisteredClient, kid: str | None, now_ms: int) -> RegisteredClient:
        """The client with the keys that ``private_key_jwt`` has by address, and what is known of that address."""
        url = registered.key_set_urls["private_key_jwt"]
        loaded = await self._key_sets.get(registered.client, url, kid, now_ms)
        return replace(registered, keys=loaded.keys_for("sig", now_ms), key_set=loaded.record)

    async def with_certificates(self, registered: RegisteredClient, thumbprint: str, now_ms: int) -> RegisteredClient:
        """The client with the certificates of its ``self_signed_tls_client_auth`` by address (RFC 8705 2.2.2).

        ``thumbprint`` is that of the certificate that was shown. It chooses nothing, as ``kid`` does not.
        """
        url = registered.key_set_urls[CERTIFICATE_USAGE]
        loaded = await self._key_sets.get(registered.client, url, None, now_ms, thumbprint=thumbprint)
        return replace(registered, certificates=loaded.certificates(now_ms), key_set=loaded.record)

    async def encryption(self, registered: RegisteredClient, alg: str, now_ms: int) -> RecipientKey | None:
        """The key for ``alg`` that is to be encrypted to, or None. A key for ECDH-ES is for the whole family.

        Of uploaded keys the live one that was registered last, of a set the first.
        """
        url = registered.key_set_urls.get("response_encryption")
        if url is None:
            keys = registered.keys_of("response_encryption")
            if registered.client.credential_ids("response_encryption"):
                keys = keys[::-1]
        else:
            keys = (await self._key_sets.get(registered.client, url, None, now_ms)).keys_for("enc", now_ms)
        for key in keys:
            if alg in algs_of(key.algorithm) and key.credential.is_live(now_ms):
                return RecipientKey(public_key=key.public_key, kid=key.credential.kid)
        return None
