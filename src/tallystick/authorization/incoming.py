"""How a request comes in: by the browser, ahead of it, or from a pending authorization. The walk sees no difference.

What a request *is* stands in its parameters, whoever carried them; what is known of its way, in its provenance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
from msgspec.structs import replace

from ..clientauth.authenticate import AuthenticatedClient
from ..errors import OAuthError
from ..tenants.tenant import Tenant
from .pending import PendingAuthorization
from .progress import progress_of
from .provenance import THE_BROWSER, Provenance, provenance_of
from .pushed_parameters import BYTES_MAX, request_of, size_bytes
from .pushed_requests import PushedRequests, names_pushed
from .request_objects import REQUEST, REQUEST_URI, RequestObjects

REPEATABLE = ("resource",)
"""RFC 8707 2 lets it come several times; every other parameter comes once (RFC 6749 3.1)."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization request before it is judged."""

    parameters: Mapping[str, str]
    """What counts: of a signed request what was signed, of a pushed one what was pushed."""
    provenance: Provenance = THE_BROWSER
    hinted_subject: str | None = None
    """Whom an ``id_token_hint`` meant that is not among the parameters any more."""
    repeated: Collection[str] = ()
    """Parameters that may come several times, and did."""
    request_uri: str | None = None
    """The name that it gets, where it is being pushed."""


def resumed(pending: PendingAuthorization) -> Incoming:
    """A request that waited for a person: as it came in, to be judged anew."""
    return Incoming(
        parameters=pending.parameters,
        provenance=provenance_of(pending.provenance) if pending.provenance else THE_BROWSER,
        hinted_subject=progress_of(pending).hinted_subject,
    )


def _proof_of(authenticated: AuthenticatedClient) -> str | None:
    """What proved it, where that is registered here: a key by address may be anything but withdrawn."""
    credential = authenticated.credential
    return credential.id if credential is not None and credential.id in authenticated.registered.proof_ids else None


class IncomingRequests:
    """Finds out what a request is, before it is judged."""

    def __init__(self, pushed: PushedRequests, objects: RequestObjects) -> None:
        self._pushed = pushed
        self._objects = objects

    async def of_browser(
        self, tenant: Tenant, parameters: Mapping[str, str], repeated: Collection[str], now_ms: int
    ) -> Incoming:
        """What a browser brought to `/authorize`. Raises OAuthError."""
        request_uri = parameters.get(REQUEST_URI)
        if request_uri is not None and names_pushed(request_uri):
            return await self._visited(tenant, parameters.get("client_id"), request_uri, now_ms)
        if request_uri is not None or REQUEST in parameters:
            read = await self._objects.carried(tenant, parameters, now_ms)
            return Incoming(parameters=read.parameters, provenance=read.provenance, repeated=read.repeated)
        return Incoming(parameters=parameters, repeated=repeated)

    async def of_client(
        self,
        tenant: Tenant,
        authenticated: AuthenticatedClient,
        form: Mapping[str, str],
        repeated: Collection[str],
        now_ms: int,
    ) -> Incoming:
        """What a client pushes (RFC 9126 2.1), with what proved it among the form. Raises OAuthError."""
        if REQUEST_URI in form:
            # A name for a name could be led in circles, and would outlive the first.
            raise OAuthError("invalid_request", "request_uri cannot be pushed.", check="pushed.request_uri")
        client_id = authenticated.client.client_id
        parameters, provenance = request_of(form, client_id), THE_BROWSER
        if REQUEST in form:
            read = await self._objects.read(tenant, authenticated.registered, form[REQUEST], now_ms)
            parameters, provenance, repeated = read.parameters, read.provenance, read.repeated
        if size_bytes(parameters) > BYTES_MAX:
            # RFC 9126 2.3.
            raise OAuthError("invalid_request", "The request is too large.", check="pushed.size").answered_with(413)
        request_uri, pushed_id = self._pushed.new_name(tenant)
        return Incoming(
            parameters=parameters,
            provenance=replace(provenance, pushed_id=pushed_id, pushed_by=_proof_of(authenticated)),
            repeated=repeated,
            request_uri=request_uri,
        )

    async def _visited(self, tenant: Tenant, client_id: str | None, request_uri: str, now_ms: int) -> Incoming:
        """RFC 9126 4: the request is what was pushed; of the URL only these two count."""
        if client_id is None:
            missing = "Missing required parameter: client_id"
            raise OAuthError("invalid_request", missing, check="pushed.client_id_missing")
        pushed = await self._pushed.visited(tenant, client_id, request_uri, now_ms)
        return Incoming(
            parameters=pushed.parameters,
            provenance=provenance_of(pushed.provenance),
            hinted_subject=pushed.hinted_subject,
        )
