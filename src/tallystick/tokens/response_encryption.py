"""Encrypts what is for one application alone: ID tokens, logout tokens, answers of /userinfo, authorization responses.

Signed first, then encrypted (OpenID Connect Core 10.2, RFC 7519 11.2). Where an application wants encryption and has no
key for it, it gets nothing: in the clear it would get what it asked not to be sent so.
"""

from __future__ import annotations

from ..clients.chosen_encryption import chosen_alg, chosen_enc
from ..clients.client_keys import ClientKeys
from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..jose import jwe


class NoEncryptionKey(OAuthError):
    """The application wants an answer encrypted, and has no live key for it now."""


class ResponseEncryption:
    """Encrypts to clients."""

    def __init__(self, client_keys: ClientKeys) -> None:
        self._client_keys = client_keys

    async def sealed(
        self,
        registered: RegisteredClient,
        jwt: str,
        purpose: str,
        now_ms: int,
        *,
        is_signed: bool = True,
        iss: str | None = None,
    ) -> str:
        """``jwt`` as one of `clients.chosen_encryption.ENCRYPTED`, encrypted if the client wants that, else as it is.

        Unsigned it is the claims themselves, and has no ``cty`` (RFC 7519 5.2). ``iss`` is replicated into the header
        (5.3). Raises :class:`NoEncryptionKey`.
        """
        client = registered.client
        alg = chosen_alg(client, purpose)
        if alg is None:
            return jwt
        recipient = await self._client_keys.encryption(registered, alg, now_ms)
        if recipient is None:
            raise NoEncryptionKey(
                "unauthorized_client",
                "There is no key of this application that the answer could be encrypted to.",
                check="encryption.key",
                client_id=client.client_id,
                purpose=purpose,
                alg=alg,
            )
        return jwe.encrypt(
            jwt.encode(),
            recipient.public_key,
            alg=alg,
            enc=chosen_enc(client, purpose),
            kid=recipient.kid,
            cty="JWT" if is_signed else None,
            iss=iss,
        )
