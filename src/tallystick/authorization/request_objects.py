"""Reads request objects: opens what is encrypted, looks up the client's keys, walks the rules of `request_object`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec.structs import replace

from ..clients.client_keys import ClientKeys
from ..clients.directory import ClientDirectory, RegisteredClient
from ..jose.jwe import UnverifiedJwe, is_jwe
from ..jose.jwe import parse as parse_jwe
from ..jose.refusals import JwtRefused
from ..jose.shown import shown_jwt
from ..onetime import OneTimeStore
from ..tallies import Tallies
from ..tenants.tenant import Tenant
from . import request_object
from .provenance import Provenance
from .refusal import refuse
from .request_object import USAGE, decide, one_time_of, provenance_of_object
from .request_object_claims import NAME_CHARS_MAX
from .request_object_parameters import parameters_of
from .request_object_walk import SKEW_MS, RequestObjectRefused, RequestObjectWalk
from .request_uris import SIZE_BYTES_MAX, RequestUris

REQUEST, REQUEST_URI = "request", "request_uri"
OBJECT_ENCS = ("A128GCM", "A256GCM")
"""How an encrypted request object may be encrypted; GCM alone, since what comes is anybody's."""


class ReadObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a request object says, once every rule held. Nothing beside it counts (RFC 9101 6.3)."""

    parameters: dict[str, str]
    repeated: frozenset[str]
    """Parameters that stood in it several times."""
    provenance: Provenance


class Decryption(Protocol):
    """Opens what was encrypted to the tenant: `signing.ring`."""

    async def decrypt(self, tenant_id: str, encrypted: UnverifiedJwe) -> bytes:
        """The content; raises JwtRefused."""
        ...


class RequestObjects:
    """Reads them. A ``jti`` is spent by whoever answers or keeps the request, last: :func:`spend`."""

    def __init__(
        self,
        clients: ClientDirectory,
        client_keys: ClientKeys,
        decryption: Decryption,
        uris: RequestUris,
        tallies: Tallies,
    ) -> None:
        self._clients = clients
        self._client_keys = client_keys
        self._decryption = decryption
        self._uris = uris
        self._tallies = tallies

    async def carried(self, tenant: Tenant, parameters: Mapping[str, str], now_ms: int) -> ReadObject:
        """The object that a browser brought by ``request`` or by an https ``request_uri``. Raises OAuthError."""
        if REQUEST in parameters and REQUEST_URI in parameters:
            raise refuse("invalid_request", "Send request or request_uri, not both.", check="request_object.ambiguous")
        registered = await self._client(tenant, parameters.get("client_id", ""))
        text = parameters.get(REQUEST)
        if text is None:
            text = await self._uris.fetch(registered, parameters[REQUEST_URI], now_ms)
        return await self.read(tenant, registered, text, now_ms)

    async def read(self, tenant: Tenant, registered: RegisteredClient, text: str, now_ms: int) -> ReadObject:
        """What the object says. Raises OAuthError ``invalid_request_object``."""
        try:
            text = await self._opened(tenant, text)
            walk = RequestObjectWalk(tenant=tenant, registered=registered, text=text, now_ms=now_ms)
            read = await self._walked(walk)
        except RequestObjectRefused as refusal:
            refusal.evidence |= shown_jwt(text, (tenant.issuer, registered.client.client_id))
            refusal.evidence |= {"server_time_s": now_ms // 1000, "skew_allowed_s": SKEW_MS // 1000}
            raise
        if (credential_id := read.provenance.credential_id) is not None:
            self._tallies.used(tenant.tenant_id, credential_id, now_ms)
        return read

    async def _client(self, tenant: Tenant, client_id: str) -> RegisteredClient:
        is_one = 0 < len(client_id) <= NAME_CHARS_MAX
        registered = await self._clients.find(tenant.tenant_id, client_id) if is_one else None
        if registered is None:
            raise refuse("invalid_request", "Unknown application: check client_id.", check="request_object.client")
        return registered

    async def _opened(self, tenant: Tenant, text: str) -> str:
        """The signed JWT, out of its JWE if it came in one. What else may be inside, the first rule refuses.

        An unsigned request inside would be anybody's, since anybody can encrypt (attacks.md 33, CVE-2026-9793).
        """
        if not is_jwe(text):
            return text
        try:
            jwe = parse_jwe(text, size_bytes_max=SIZE_BYTES_MAX)
            if jwe.enc not in OBJECT_ENCS:
                raise RequestObjectRefused("request_object.enc", enc=jwe.enc, expected=list(OBJECT_ENCS))
            content = await self._decryption.decrypt(tenant.tenant_id, jwe)
            return content.decode("ascii")
        except JwtRefused as refusal:
            raise RequestObjectRefused(refusal.check, **refusal.evidence) from None
        except UnicodeDecodeError:
            raise RequestObjectRefused("request_object.content") from None

    async def _walked(self, walk: RequestObjectWalk) -> ReadObject:
        decide(walk, request_object.HEAD)
        walk.keys = await self._client_keys.signing(walk.registered, USAGE, walk.jwt.kid, walk.now_ms)
        decide(walk, request_object.BODY)
        parameters, repeated = parameters_of(walk.claims.members, walk.registered.client.client_id)
        return ReadObject(parameters=parameters, repeated=repeated, provenance=provenance_of_object(walk))


async def spend(store: OneTimeStore, tenant_id: str, client_id: str, provenance: Provenance) -> Provenance:
    """Spend the object's ``jti``, the last thing before it is answered or kept; what is then left of its provenance.

    Raises OAuthError when another request spent it.
    """
    value = one_time_of(tenant_id, client_id, provenance)
    if value is None:
        return provenance
    if not await store.spend(value):
        raise RequestObjectRefused("request_object.spent")
    return replace(provenance, jti=None)
