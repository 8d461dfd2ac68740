"""The introspection answer as a JWT that the server signs (RFC 9701 5).

It cannot be taken for an access token: ``typ`` is its own, and neither ``sub`` nor ``exp`` stand at the top (8.1).
"""

from __future__ import annotations

import msgspec

from ..clients.chosen_algs import INTROSPECTION
from ..clients.chosen_encryption import INTROSPECTION as ENCRYPTED_AS
from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..records import Json
from ..signing.ring import KeyRing, NoSigningKey
from ..tenants.tenant import Tenant
from .client_algs import signing_alg_of
from .response_encryption import ResponseEncryption

TYPE = "token-introspection+jwt"
MEDIA_TYPE = f"application/{TYPE}"
_encode = msgspec.json.Encoder().encode


class IntrospectionResponseJwts:
    """Makes them."""

    def __init__(self, ring: KeyRing, encryption: ResponseEncryption) -> None:
        self._ring = ring
        self._encryption = encryption

    async def signed(self, tenant: Tenant, caller: RegisteredClient, told: Json, now_ms: int) -> str:
        """The body; ``told`` is what plain JSON would say.

        Raises OAuthError where it cannot be signed or encrypted as the caller wants.
        """
        alg = signing_alg_of(caller, INTROSPECTION)
        try:
            signer = await self._ring.signer(tenant.tenant_id, alg)
        except NoSigningKey:
            unsigned = "The answer cannot be signed."
            raise OAuthError("server_error", unsigned, check="introspection.signing_key", alg=alg) from None
        signed = signer.sign(_encode(response_claims(tenant, caller.client.client_id, told, now_ms)), TYPE)
        # RFC 9701 6: signed, then encrypted.
        return await self._encryption.sealed(caller, signed, ENCRYPTED_AS, now_ms)


def response_claims(tenant: Tenant, client_id: str, told: Json, now_ms: int) -> Json:
    """RFC 9701 5: who says it to whom and when; what is said stands apart, so that no claim of it is taken for the
    JWT's own. Pure."""
    return {"iss": tenant.issuer, "aud": client_id, "iat": now_ms // 1000, "token_introspection": told}
