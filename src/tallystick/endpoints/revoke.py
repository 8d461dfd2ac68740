"""`/oauth/revoke`: an application says that it needs a token no more (RFC 7009).

1. read the parameters, authenticate the client          as at the token endpoint
2. the token: a refresh token of ours, or an access token; ``token_type_hint`` changes nothing, each shows what it is
3. the client's own; another's is refused (RFC 7009 2.1)
4. what it belongs to is withdrawn, in one write with the row of the log: a family with all its tokens, or the one
   access token that an application has for itself. What is not known is revoked already: 200
"""

from __future__ import annotations

import msgspec
from starlette.types import Send

from ..clientauth.authenticate import AuthenticatedClient, Authenticator
from ..clients.origins import OriginDirectory
from ..clock import Clock
from ..errors import OAuthError
from ..events import EventLog, EventType
from ..grants.grant import PeopleRecords
from ..jose.jwe import is_jwe
from ..tallies import Tallies
from ..tenants.settings import flag
from ..tenants.tenant import Tenant
from ..tokens.encrypted_tokens import EncryptedTokens
from ..tokens.family import TokenFamily
from ..tokens.recognise import Recogniser
from ..tokens.recognised import InvalidToken, IssuedAccessToken
from ..tokens.refresh_token import read
from ..tokens.revocations import Revocations
from ..users.consent import Consent
from ..web.answers import NO_STORE, send_bytes
from ..web.cors import cors_headers, send_preflight
from ..web.parameters import read_parameters
from ..web.request import Request
from .client_request import authenticate, check_post, send_refusal
from .table import REVOKE, USERINFO
from .token_log import Served, event_of, failure

BECAUSE = "revoked by the application"


class RevocationEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The revocation endpoint of every tenant."""

    authenticator: Authenticator
    people: PeopleRecords
    recogniser: Recogniser
    encrypted_tokens: EncryptedTokens
    revocations: Revocations
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
            await self._phases(served)
        except OAuthError as error:
            event = failure(served, error, EventType.REFRESH_FAILED)
            self.tallies.counted(event.tenant_id, event.type, served.now_ms)
            await self.log.record(event)
            await send_refusal(send, served, error)
            return
        headers = [*NO_STORE, *cors_headers(request, served.client)]
        await send_bytes(send, 200, b"", request.correlation_id, headers)

    async def _phases(self, served: Served) -> None:
        request = served.request
        check_post(request)
        served.parameters = await read_parameters(request)  # 1
        authenticated = await authenticate(self.authenticator, served, REVOKE)
        token = served.parameters.get("token")
        if token is None:
            raise OAuthError("invalid_request", "Missing required parameter: token", check="revoke.missing")
        found = await self._found(request.tenant, authenticated, token)  # 2, 3
        if isinstance(found, TokenFamily):  # 4
            await self._withdraw(served, found)
        elif found is not None:
            await self._revoke(served, found)

    async def _found(
        self, tenant: Tenant, authenticated: AuthenticatedClient, token: str
    ) -> TokenFamily | IssuedAccessToken | None:
        """What the token belongs to, if it is alive and the client's own; raises OAuthError for another client's."""
        client_id, people = authenticated.client.client_id, self.people
        shown = read(token)
        if shown is not None:
            family = await people.families.living(tenant.tenant_id, shown.unverified_family_id)
            if family is None or not people.refresh_tokens.holds(family, shown):
                return None
            _check_client(client_id, family.client_id)
            return family
        issued = await self._issued(tenant, token)
        if issued is None:
            return None
        _check_client(client_id, issued.client_id)
        if issued.grant_id is None:
            return issued
        return await people.families.living(tenant.tenant_id, issued.grant_id)

    async def _issued(self, tenant: Tenant, token: str) -> IssuedAccessToken | None:
        """The access token, if it is one of ours and not over; raises OAuthError where nobody here can tell."""
        if not is_jwe(token):
            try:
                # An issuer that is gone may come back, and APIs may not have heard that it went.
                return await self.recogniser.issued(tenant, token, checks_issuer=False)
            except InvalidToken:
                return None
        issued = await self.encrypted_tokens.issued(tenant.tenant_id, token)
        if issued is None:
            # Only its API can read it. RFC 7009 2.2.1: said rather than pretended, whoever it is of.
            raise OAuthError(
                "unsupported_token_type",
                "An encrypted access token cannot be revoked; revoke its refresh token, or let it expire.",
                check="revoke.encrypted",
            )
        return issued

    async def _revoke(self, served: Served, token: IssuedAccessToken) -> None:
        tenant_id, now_ms = served.request.tenant.tenant_id, served.now_ms
        audience = " ".join(token.audiences)
        event = event_of(served, EventType.ACCESS_TOKEN_REVOKED, "", {"form": token.form}, audience)
        if await self.revocations.revoke(tenant_id, token, now_ms, (event,)):
            self.tallies.counted(event.tenant_id, event.type, now_ms)

    async def _withdraw(self, served: Served, family: TokenFamily) -> None:
        tenant, now_ms, families = served.request.tenant, served.now_ms, self.people.families
        told = {"grant_id": family.id, "user_id": family.user_id}
        event = event_of(served, EventType.REFRESH_TOKEN_REVOKED, "", told, family.audience or "")
        if await families.withdraw(tenant.tenant_id, family, BECAUSE, now_ms, (event,)):
            self.tallies.counted(event.tenant_id, event.type, now_ms)
        if flag(tenant, "revoke_refresh_token_grant"):
            # auth0.md 1.8: the consent goes too, and with it all that came of it.
            whose = {"user_id": family.user_id, "client_id": family.client_id}
            audiences = (family.audience,) if family.audience else (tenant.canonical.url(USERINFO.path),)
            await self.people.live.erase_where(Consent, tenant.tenant_id, {**whose, "audience": audiences})
            where = {**whose, "audience": family.audience}
            await families.withdraw_where(tenant.tenant_id, where, BECAUSE, now_ms)


def _check_client(client_id: str, issued_to: str) -> None:
    """Whoever holds another's token knows already that there is one: a refusal tells nothing new (RFC 7009 2.1)."""
    if client_id != issued_to:
        raise OAuthError(
            "invalid_grant",
            "The token was not issued to this client.",
            check="revoke.client",
            client_id=client_id,
            issued_to=issued_to,
        )
