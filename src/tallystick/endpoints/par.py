"""`/oauth/par`: a client sends its authorization request ahead of the browser (RFC 9126).

1. read the form, authenticate the client               as at the token endpoint; a public client is refused
   the proof of a key, to which the code will be bound  `tokens.proofs`
2. what is pushed: plain parameters, or what is signed   `authorization.incoming`
3. every check of an authorization request               `authorization.requests`, `authorization.checks`
4. use up what is used once, keep it, tell its name     `authorization.pushed_requests`

Nobody is redirected anywhere: a refusal is the client's to read (RFC 9126 2.3).
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace
from starlette.types import Send

from ..authorization.incoming import REPEATABLE, Incoming, IncomingRequests
from ..authorization.pushed_requests import PushedRequests, are_offered
from ..authorization.pushed_room import PushedRoom
from ..authorization.request import AuthorizationRequest
from ..authorization.request_objects import spend
from ..authorization.requests import AuthorizationRequests
from ..authorization.walk import EntryPoint
from ..clientauth.authenticate import AuthenticatedClient, Authenticator
from ..clients.origins import OriginDirectory
from ..clock import Clock
from ..errors import OAuthError
from ..events import EventLog, EventType
from ..metrics import PUSHED_REQUESTS
from ..onetime import OneTimeStore
from ..records import Json
from ..sender.proof_walk import VerifiedProof
from ..sender.refusals import ProofRefused
from ..tallies import Tallies
from ..tokens.proofs import Proofs
from ..web.answers import NO_STORE, send_json
from ..web.cors import cors_headers, send_preflight
from ..web.nonces import nonce_headers
from ..web.parameters import Several, read_form
from ..web.request import Request
from .client_request import authenticate, check_post, send_refusal
from .table import PAR
from .token_log import Served, failure


class ParEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The pushed authorization request endpoint of every tenant."""

    authenticator: Authenticator
    incoming: IncomingRequests
    requests: AuthorizationRequests
    pushed: PushedRequests
    room: PushedRoom
    proofs: Proofs
    one_time: OneTimeStore
    log: EventLog
    tallies: Tallies
    origins: OriginDirectory
    clock: Clock

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one request."""
        if request.method == "OPTIONS":
            await send_preflight(send, request, self.origins)
            return
        served = Served(request=request, now_ms=self.clock.now_ms())
        try:
            answer = await self._phases(served)
        except OAuthError as error:
            await self._refused(served, error)
            await send_refusal(send, served, error)
            return
        _count(served, "pushed", "")
        headers = [*NO_STORE, *cors_headers(request, served.client), *nonce_headers(served.shown.proof)]
        await send_json(send, 201, answer, request.correlation_id, headers)

    async def _phases(self, served: Served) -> Json:
        tenant, now_ms = served.request.tenant, served.now_ms
        repeated = await _read(served)  # 1
        authenticated = await self._authenticated(served)
        served.shown = self.proofs.shown(served.request, now_ms, algs=authenticated.profile.proof_algs)
        incoming = await self.incoming.of_client(tenant, authenticated, served.parameters, repeated, now_ms)  # 2
        incoming = bound(incoming, served.shown.proof)
        asked = await self._checked(served, incoming)  # 3
        self.room.admit(tenant.tenant_id, asked.client.client_id, now_ms)  # 4
        provenance = await spend(self.one_time, tenant.tenant_id, asked.client.client_id, asked.provenance)
        await self.proofs.spend(tenant.tenant_id, served.shown.proof)
        expires_in_s = await self.pushed.keep(replace(asked, provenance=provenance), now_ms)
        return {"request_uri": incoming.request_uri, "expires_in": expires_in_s}

    async def _authenticated(self, served: Served) -> AuthenticatedClient:
        authenticated = await authenticate(self.authenticator, served, PAR)
        if not authenticated.is_confidential:
            # A client_id is no secret: whoever knows it could push in the client's name, and a row for each costs us.
            raise OAuthError(
                "unauthorized_client", "Only a client that proves itself can push a request.", check="pushed.public"
            )
        return authenticated

    async def _checked(self, served: Served, incoming: Incoming) -> AuthorizationRequest:
        read = await self.requests.read(served.request.tenant, incoming, EntryPoint.PUSHED)
        if read.request is None:
            raise read.refusal or AssertionError("neither read nor refused")
        return read.request

    async def _refused(self, served: Served, error: OAuthError) -> None:
        event = failure(served, error, EventType.PUSH_FAILED)
        self.tallies.counted(event.tenant_id, event.type, served.now_ms)
        await self.log.record(event)
        _count(served, "refused", error.check)


def bound(incoming: Incoming, proof: VerifiedProof | None) -> Incoming:
    """RFC 9449 10.1: a proof says what ``dpop_jkt`` says; where both are there, they must agree. Pure."""
    if proof is None:
        return incoming
    asked = incoming.parameters.get("dpop_jkt", proof.jkt)
    if asked != proof.jkt:
        raise ProofRefused("dpop.jkt", "The DPoP proof is of another key than dpop_jkt.", jkt=proof.jkt)
    return replace(incoming, parameters={**incoming.parameters, "dpop_jkt": proof.jkt})


async def _read(served: Served) -> frozenset[str]:
    """The form's parameters; which of them came several times."""
    request, several = served.request, Several(*REPEATABLE)
    check_post(request)
    if not are_offered(request.tenant):
        off = "This tenant takes no pushed requests."
        raise OAuthError("invalid_request", off, check="pushed.off").answered_with(404)
    if request.query_string:
        raise OAuthError("invalid_request", "The request is malformed.", check="parameters.query")
    served.parameters = await read_form(request, several)
    return frozenset(several.found)


def _count(served: Served, outcome: str, check: str) -> None:
    authenticated = served.authenticated
    PUSHED_REQUESTS.add(authenticated.method if authenticated else "unauthenticated", outcome, check)
