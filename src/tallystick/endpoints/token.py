"""`/oauth/token`: the token endpoint (RFC 6749 3.2).

1. read the parameters                                  `web.parameters`
2. authenticate the client                              `clientauth`
   what else it proves possession of                    `tokens.proofs`
3. the grant: known, and allowed for this client        `grants.table`
4. what is granted                                      `grants`
5. the binding, and whether there must be one           `sender.constrain`
6. issue                                                `tokens.issue`, `tokens.person_tokens`
7. use the proof up, write it down, then answer

In a person's name the last four are one decision: the code or the refresh token is spent with the log row in one write,
by compare-and-set. Who comes second decides anew, sees it spent, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.types import Send

from ..apis.directory import ApiDirectory
from ..clientauth.authenticate import AuthenticatedClient, Authenticator
from ..clients.origins import OriginDirectory
from ..clock import Clock
from ..errors import OAuthError
from ..events import Event, EventLog
from ..grants.grant import FamilyMisused, Granted, GrantedToPerson, GrantRequest, PeopleRecords
from ..grants.table import allowed_grant
from ..live import LiveRecord
from ..records import Json, Stale
from ..sender.binding import Binding
from ..sender.constrain import constrain
from ..tallies import Tallies
from ..tenants.hosts import HostDirectory
from ..tokens.access_token import AccessTokenOrder, told_details
from ..tokens.issue import IssuedToken, Issuer
from ..tokens.person_order import PersonTokenOrder
from ..tokens.person_tokens import PersonTokens
from ..tokens.proofs import Proofs
from ..web.answers import NO_STORE, send_json
from ..web.cors import cors_headers, send_preflight
from ..web.nonces import nonce_headers
from ..web.parameters import read_parameters
from ..web.request import Request
from .client_request import authenticate, check_post, send_refusal
from .table import TOKEN
from .token_log import Served, count, failure, person_success, success

ATTEMPTS = 10
"""How often a request in a person's name is decided anew after another one came first. Once is enough to see a code or
a rotating token spent; the rest is for families that are written for other reasons meanwhile."""


class TokenEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The token endpoint of every tenant."""

    authenticator: Authenticator
    apis: ApiDirectory
    hosts: HostDirectory
    issuer: Issuer
    people: PeopleRecords
    person_tokens: PersonTokens
    proofs: Proofs
    log: EventLog
    tallies: Tallies
    origins: OriginDirectory
    clock: Clock

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one token request."""
        if request.method == "OPTIONS":
            await send_preflight(send, request, self.origins)
            return
        served = Served(request=request, now_ms=self.clock.now_ms())
        try:
            answer = await self._phases(served)
        except OAuthError as error:
            await self._refused(served, error)
            count(served, "refused", error.check)
            await send_refusal(send, served, error)
            return
        count(served, "issued", "")
        more = [*cors_headers(request, served.client), *nonce_headers(served.shown.proof)]
        await send_json(send, 200, answer, request.correlation_id, [*NO_STORE, *more] if more else NO_STORE)

    async def _phases(self, served: Served) -> Json:
        request = served.request
        check_post(request)
        served.parameters = await read_parameters(request)  # 1
        authenticated = await authenticate(self.authenticator, served, TOKEN)  # 2
        served.shown = self.proofs.shown(
            request,
            served.now_ms,
            algs=authenticated.profile.proof_algs,
            # A page could be made to prepare proofs; a nonce bounds how long they are good (RFC 9449 11.2).
            needs_nonce=not authenticated.is_confidential,
        )
        served.grant = grant = allowed_grant(served.parameters.get("grant_type"), authenticated)  # 3
        for _ in range(ATTEMPTS):
            granted = await grant.decide(self._grant_request(served, authenticated))  # 4
            if isinstance(granted, Granted):
                return await self._to_client(served, authenticated, granted)
            try:
                return await self._to_person(served, authenticated, granted)
            except Stale:
                continue
        raise Stale(f"{grant.name} lost {ATTEMPTS} races")

    def _grant_request(self, served: Served, authenticated: AuthenticatedClient) -> GrantRequest:
        return GrantRequest(
            tenant=served.request.tenant,
            authenticated=authenticated,
            parameters=served.parameters,
            apis=self.apis,
            hosts=self.hosts,
            people=self.people,
            caller=served.request,
            shown=served.shown,
            now_ms=served.now_ms,
        )

    async def _to_client(self, served: Served, authenticated: AuthenticatedClient, granted: Granted) -> Json:
        binding = _binding(served, authenticated, granted)  # 5
        issued = await self.issuer.issue(_order(served, authenticated, granted, binding))  # 6
        await self._spend_proof(served)
        await self._write_down(served, success(served, authenticated, granted, binding), issued.saves)  # 7
        return _answer(issued, granted)

    async def _to_person(self, served: Served, authenticated: AuthenticatedClient, granted: GrantedToPerson) -> Json:
        """Raises Stale when another request spent the same meanwhile."""
        issued = await self.person_tokens.issue(_person_order(served, authenticated, granted))  # 5, 6
        settled = await granted.settle(issued.binding)
        await self._spend_proof(served)
        events = person_success(served, authenticated, granted, issued, settled)
        if saves := (*settled.saves, *issued.saves):  # 7
            await self.people.live.write(saves=saves, events=events)
            for event in events:
                self.tallies.counted(event.tenant_id, event.type, served.now_ms)
        else:
            await self._write_down(served, events[0])
        refresh_token = {} if settled.refresh_token is None else {"refresh_token": settled.refresh_token}
        return {**issued.answer(), **refresh_token}

    async def _spend_proof(self, served: Served) -> None:
        """Once for the request, however often it is decided."""
        proof = served.shown.proof
        if proof is not None and not served.is_proof_spent:
            await self.proofs.spend(served.request.tenant.tenant_id, proof)
            served.is_proof_spent = True

    async def _refused(self, served: Served, error: OAuthError) -> None:
        event = failure(served, error)
        if isinstance(error, FamilyMisused) and error.family is not None:
            families, tenant_id = self.people.families, event.tenant_id
            if await families.withdraw(tenant_id, error.family, error.because, served.now_ms, (event,)):
                self.tallies.counted(tenant_id, event.type, served.now_ms)
                return
        await self._write_down(served, event)

    async def _write_down(self, served: Served, event: Event, saves: Sequence[LiveRecord] = ()) -> None:
        self.tallies.counted(event.tenant_id, event.type, served.now_ms)
        if saves:
            await self.people.live.write(saves=saves, events=(event,))
        else:
            await self.log.record(event)


def _binding(served: Served, authenticated: AuthenticatedClient, granted: Granted) -> Binding | None:
    return constrain(
        served.shown.bindings,
        granted.resource_server.metadata.get("proof_of_possession"),
        client_requires=authenticated.client.requires_proof_of_possession,
        is_confidential=authenticated.is_confidential,
        demanded=authenticated.profile.sender_constraint,
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
        authorization_details=granted.authorization_details,
        gty=granted.gty,
        binding=binding,
        now_ms=served.now_ms,
        # 96 random bits; the correlation id also leads from a token to its row in the log.
        jti=served.request.correlation_id,
    )


def _person_order(served: Served, authenticated: AuthenticatedClient, granted: GrantedToPerson) -> PersonTokenOrder:
    return PersonTokenOrder(
        tenant=served.request.tenant,
        registered=authenticated.registered,
        is_confidential=authenticated.is_confidential,
        user=granted.user,
        family=granted.family,
        resource_server=granted.resource_server,
        scopes=granted.scopes,
        authorization_details=granted.authorization_details,
        shown=served.shown,
        nonce=granted.nonce,
        gty=granted.gty,
        now_ms=served.now_ms,
        jti=served.request.correlation_id,
    )


def _answer(issued: IssuedToken, granted: Granted) -> Json:
    """RFC 6749 5.1."""
    answer: Json = {
        "access_token": issued.access_token,
        "token_type": issued.token_type,
        "expires_in": issued.expires_in_s,
    }
    if granted.scopes:
        answer["scope"] = " ".join(granted.scopes)
    return {**answer, **told_details(granted.authorization_details, granted.resource_server)}
