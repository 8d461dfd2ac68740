"""`/oauth/introspect`: what a token is worth, for whom it concerns (RFC 7662).

1. read the parameters, authenticate the client               as at the token endpoint; a public client is refused
2. what the API tells of the request that it received         `endpoints.relayed`
3. what the caller may know of the token                      `endpoints.introspected`
4. as JSON, or as a JWT where the caller asks for that        `tokens.introspection_response`

A token that is not active is an answer, not an error; a caller that does not prove who it is learns nothing.
"""

from __future__ import annotations

import msgspec
import structlog
from starlette.types import Send

from ..clientauth.authenticate import AuthenticatedClient, Authenticator
from ..clock import Clock
from ..errors import OAuthError
from ..events import EventLog, EventType
from ..metrics import INTROSPECTIONS
from ..tallies import Tallies
from ..tokens.introspection_response import MEDIA_TYPE, IntrospectionResponseJwts
from ..web.accept import prefers
from ..web.answers import NO_STORE, Headers, send_bytes, send_json
from ..web.parameters import JSON, Several, read_parameters
from ..web.request import Request
from .client_request import authenticate, check_post, send_refusal
from .introspected import Asked, Introspector, Verdict
from .relayed import DPOP, read_relayed
from .table import INTROSPECT
from .token_log import Served, failure

ACTIVE, INACTIVE, REFUSED = "active", "inactive", "refused"
"""Outcomes, as the metrics name them."""
_JWT: Headers = [(b"content-type", MEDIA_TYPE.encode()), (b"x-content-type-options", b"nosniff"), *NO_STORE]
log = structlog.get_logger("tallystick.introspection")


class IntrospectionEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The introspection endpoint of every tenant. Not for pages: no other origin may read its answers."""

    authenticator: Authenticator
    introspector: Introspector
    jwts: IntrospectionResponseJwts
    log: EventLog
    tallies: Tallies
    clock: Clock

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one request."""
        served = Served(request=request, now_ms=self.clock.now_ms())
        try:
            several = await _read(served)  # 1
            authenticated = await self._authenticated(served)
            verdict = await self.introspector.verdict(_asked(served, authenticated, several))  # 2, 3
            jwt = await self._jwt(served, authenticated, verdict)  # 4
        except OAuthError as error:
            await self._refused(served, error)
            await send_refusal(send, served, error)
            return
        self._tell(served, authenticated, verdict)
        if jwt is None:
            await send_json(send, 200, verdict.told, request.correlation_id, NO_STORE)
        else:
            await send_bytes(send, 200, jwt.encode(), request.correlation_id, _JWT)

    async def _authenticated(self, served: Served) -> AuthenticatedClient:
        authenticated = await authenticate(self.authenticator, served, INTROSPECT)
        if not authenticated.is_confidential:
            # RFC 7662 2.1, 4: or anybody could try tokens until one is good.
            raise OAuthError(
                "unauthorized_client", "Only a client that proves itself can ask.", check="introspection.public"
            )
        return authenticated

    async def _jwt(self, served: Served, authenticated: AuthenticatedClient, verdict: Verdict) -> str | None:
        """RFC 9701 4: for who asks for it; whatever it registered, JSON for who does not."""
        request = served.request
        if not prefers(request.header_values(b"accept"), MEDIA_TYPE, JSON):
            return None
        return await self.jwts.signed(request.tenant, authenticated.registered, verdict.told, served.now_ms)

    def _tell(self, served: Served, authenticated: AuthenticatedClient, verdict: Verdict) -> None:
        INTROSPECTIONS.add(authenticated.method, INACTIVE if verdict.check else ACTIVE, verdict.check)
        if verdict.check:
            log.info(
                "inactive",
                correlation_id=served.request.correlation_id,
                caller=authenticated.client.client_id,
                check=verdict.check,
                evidence=verdict.evidence,
            )

    async def _refused(self, served: Served, error: OAuthError) -> None:
        event = failure(served, error, EventType.INTROSPECTION_FAILED)
        self.tallies.counted(event.tenant_id, event.type, served.now_ms)
        await self.log.record(event)
        authenticated = served.authenticated
        INTROSPECTIONS.add(authenticated.method if authenticated else "unauthenticated", REFUSED, error.check)


async def _read(served: Served) -> Several:
    """Read the parameters; which of them came twice, or without a value."""
    check_post(served.request)
    several = Several(DPOP)
    served.parameters = await read_parameters(served.request, several)
    return several


def _asked(served: Served, authenticated: AuthenticatedClient, several: Several) -> Asked:
    token = served.parameters.get("token")
    if token is None:
        raise OAuthError("invalid_request", "Missing required parameter: token", check="introspection.token")
    return Asked(
        tenant=served.request.tenant,
        caller=authenticated,
        token=token,
        relayed=read_relayed(served.parameters, several),
        now_ms=served.now_ms,
    )
