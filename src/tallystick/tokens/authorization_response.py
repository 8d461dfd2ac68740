"""The authorization response as a JWT that the server signs (JARM 2.1).

``typ`` is ``JWT``: JARM names none, and receivers compare it with nothing else. What tells it from an ID token is that
it has no ``sub``, and from an access token its audience.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..clients.chosen_algs import AUTHORIZATION
from ..clients.chosen_encryption import AUTHORIZATION as ENCRYPTED_AS
from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..records import Json
from ..signing.ring import KeyRing, NoSigningKey
from ..tenants.tenant import Tenant
from .client_algs import signing_alg_of
from .response_encryption import ResponseEncryption

LIFE_S = 300
"""JARM 2.1 recommends ten minutes at most. The code within lives shorter; whoever's clock is behind has four more."""
_encode = msgspec.json.Encoder().encode


class AuthorizationResponseJwts:
    """Makes them."""

    def __init__(self, ring: KeyRing, encryption: ResponseEncryption) -> None:
        self._ring = ring
        self._encryption = encryption

    async def signed(
        self, tenant: Tenant, registered: RegisteredClient, parameters: Mapping[str, str], now_ms: int
    ) -> str:
        """The value of ``response``. Raises OAuthError where it cannot be signed or encrypted as the client wants."""
        alg = signing_alg_of(registered, AUTHORIZATION)
        try:
            signer = await self._ring.signer(tenant.tenant_id, alg)
        except NoSigningKey:
            raise _unsigned(alg) from None
        signed = signer.sign(_encode(response_claims(tenant, registered.client.client_id, parameters, now_ms)))
        # JARM 2.2: signed, then encrypted.
        return await self._encryption.sealed(registered, signed, ENCRYPTED_AS, now_ms)


def response_claims(tenant: Tenant, client_id: str, parameters: Mapping[str, str], now_ms: int) -> Json:
    """JARM 2.1: what the answer says, and who says it to whom until when. Pure."""
    return {**parameters, "iss": tenant.issuer, "aud": client_id, "exp": now_ms // 1000 + LIFE_S}


def _unsigned(alg: str) -> OAuthError:
    return OAuthError(
        "server_error", "The answer cannot be signed.", check="authorization_response.signing_key", alg=alg
    )
