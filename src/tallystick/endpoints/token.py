"""`/oauth/token`: the token endpoint (RFC 6749 3.2).

1. read the parameters                                  `web.parameters`
2. authenticate the client                              `clientauth`
3. the grant: known, and allowed for this client        `grants.table`
4. what is granted                                      `grants`
5. the binding, and whether there must be one           `sender.constrain`
6. issue                                                `tokens.issue`
7. write it down, then answer
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.types import Send

from ..apis.directory import ApiDirectory
from ..clientauth.authenticate import AuthenticatedClient, AuthenticationRequest, Authenticator
from ..clock import Clock
from ..errors import OAuthError
from ..events import Event, EventLog
from ..grants.grant import Granted, GrantRequest
from ..grants.table import allowed_grant
from ..sender.binding import Binding
from ..sender.constrain import constrain
from ..sender.mtls import binding_of
from ..tallies import Tallies
from ..tenants.hosts import HostDirectory
from ..tokens.access_token import AccessTokenOrder
from ..tokens.issue import IssuedToken, Issuer
from ..web.answers import Headers, send_json, send_oauth_error
from ..web.parameters import read_parameters
from ..web.request import Request
from .table import TOKEN
from .token_log import Served, count, failure, success


class TokenEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The token endpoint of every tenant."""

    authenticator: Authenticator
    apis: ApiDirectory
    hosts: HostDirectory
    issuer: Issuer
    log: EventLog
    tallies: Tallies
    clock: Clock

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one token request."""
        served = Served(request=request, now_ms=self.clock.now_ms())
        try:
            answer = await self._phases(served)
        except OAuthError as error:
            await self._write_down(served, failure(served, error))
            count(served, "refused", error.check)
            await send_oauth_error(send, error, request.correlation_id, _error_headers(request, error))
            return
        count(served, "issued", "")
        await send_json(send, 200, answer, request.correlation_id)

    async def _phases(self, served: Served) -> dict[str, Any]:
        request = served.request
        if request.method != "POST":
            raise MethodNotAllowed
        served.parameters = await read_parameters(request)  # 1
        authenticated = await self._authenticated(served)  # 2
        grant = allowed_grant(served.parameters.get("grant_type"), authenticated)  # 3
        granted = await grant.decide(  # 4
            GrantRequest(
                tenant=request.tenant,
                authenticated=authenticated,
                parameters=served.parameters,
                apis=self.apis,
                hosts=self.hosts,
            )
        )
        binding = _binding(request, authenticated, granted)  # 5
        issued = await self.issuer.issue(_order(served, authenticated, granted, binding))  # 6
        await self._write_down(served, success(served, authenticated, granted, binding))  # 7
        return _answer(issued, granted)

    async def _write_down(self, served: Served, event: Event) -> None:
        self.tallies.counted(event.tenant_id, event.type, served.now_ms)
        await self.log.record(event)

    async def _authenticated(self, served: Served) -> AuthenticatedClient:
        request = served.request
        served.authenticated = await self.authenticator.authenticate(
            AuthenticationRequest(
                tenant=request.tenant,
                endpoint_urls=(request.tenant.url(TOKEN.path), request.tenant.mtls_url(TOKEN.path)),
                authorization=request.header_values(b"authorization"),
                parameters=served.parameters,
                peer_certificates=request.peer_certificates,
                now_ms=served.now_ms,
                ca_verdict=request.ca_verdict,
            )
        )
        return served.authenticated


class MethodNotAllowed(OAuthError):
    """RFC 6749 3.2: the client MUST use POST."""

    def __init__(self) -> None:
        super().__init__("invalid_request", "The token endpoint takes POST.", check="http.method")
        self.status = 405


def _binding(request: Request, authenticated: AuthenticatedClient, granted: Granted) -> Binding | None:
    shown = binding_of(request.peer_certificates)
    return constrain(
        (shown,) if shown is not None else (),
        granted.resource_server.metadata.get("proof_of_possession"),
        client_requires=authenticated.client.requires_proof_of_possession,
        is_confidential=authenticated.is_confidential,
    )


def _order(
    served: Served, authenticated: AuthenticatedClient, granted: Granted, binding: Binding | None
) -> AccessTokenOrder:
    return AccessTokenOrder(
        tenant=served.request.tenant,
        resource_server=granted.resource_server,
        client_id=authenticated.client.client_id,
        subject=granted.subject,
        scopes=granted.scopes,
        gty=granted.gty,
        binding=binding,
        now_ms=served.now_ms,
        # 96 random bits; the correlation id also leads from a token to its row in the log.
        jti=served.request.correlation_id,
    )


def _answer(issued: IssuedToken, granted: Granted) -> dict[str, Any]:
    """RFC 6749 5.1."""
    answer: dict[str, Any] = {
        "access_token": issued.access_token,
        "token_type": issued.token_type,
        "expires_in": issued.expires_in_s,
    }
    if granted.scopes:
        answer["scope"] = " ".join(granted.scopes)
    return answer


def _error_headers(request: Request, error: OAuthError) -> Headers:
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", b"POST")]
    # RFC 6749 5.2: a client that used the Authorization header is answered with a challenge of that scheme.
    if error.status == 401 and request.header_values(b"authorization"):
        return [(b"www-authenticate", b'Basic realm="oauth"')]
    return []
