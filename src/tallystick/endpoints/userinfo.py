"""`/userinfo`: what an application may know of the person who signed in (OpenID Connect Core 5.3).

1. the access token: from the Authorization header or the form, once, never from the query (RFC 6750 2)
2. genuine, alive, for this endpoint, shown by who it is bound to, in a person's name, and ``openid`` was granted
                                                                                            `tokens.inspect`
3. the claims: by scope and by the ``claims`` parameter                                     `tokens.person_claims`
4. as JSON, or signed, encrypted, or signed and then encrypted where the application wants that
"""

from __future__ import annotations

import msgspec
import structlog
from starlette.types import Send

from ..clients import chosen_encryption
from ..clients.chosen_algs import USERINFO as USERINFO_ALG
from ..clients.chosen_algs import chosen_alg
from ..clients.directory import RegisteredClient
from ..clients.origins import OriginDirectory
from ..clock import Clock
from ..errors import OAuthError
from ..events import EventLog
from ..records import Json
from ..sender.possession import BEARER
from ..signing.ring import KeyRing
from ..tallies import Tallies
from ..tenants.hosts import HostDirectory
from ..tokens.bearer import InspectedToken, Person
from ..tokens.client_algs import signing_alg_of
from ..tokens.inspect import Inspector
from ..tokens.person_claims import OPENID, USERINFO, claims_by_scope, claims_requested
from ..tokens.proofs import Proofs
from ..tokens.response_encryption import ResponseEncryption
from ..users.claims import claims_of
from ..web.access_token import ShownToken, possession_of, tokens_in_headers
from ..web.answers import NO_STORE, Headers, send_bytes, send_json, send_oauth_error
from ..web.challenges import Challenge, challenge_header
from ..web.cors import send_preflight
from ..web.parameters import FORM, read_parameters
from ..web.protected_resource import metadata_url
from ..web.request import Request
from .table import USERINFO as USERINFO_URL
from .userinfo_visit import Visit, refusal

_JWT: Headers = [(b"content-type", b"application/jwt"), (b"x-content-type-options", b"nosniff"), *NO_STORE]
_encode = msgspec.json.Encoder().encode
log = structlog.get_logger("tallystick.userinfo")


class UserinfoRefused(OAuthError):
    """A refusal before there is a token to speak of."""

    def __init__(self, code: str, description: str, check: str, status: int | None = None) -> None:
        super().__init__(code, description, check=check)
        self.status = status or self.status
        self.has_no_token = check == "userinfo.token_missing"


class UserinfoEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The userinfo endpoint of every tenant."""

    inspector: Inspector
    hosts: HostDirectory
    ring: KeyRing
    encryption: ResponseEncryption
    origins: OriginDirectory
    proofs: Proofs
    log: EventLog
    tallies: Tallies
    clock: Clock

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one request."""
        if request.method == "OPTIONS":
            await send_preflight(send, request, self.origins)
            return
        visit = Visit(request=request, now_ms=self.clock.now_ms())
        try:
            inspected, person = await self._inspected(visit)  # 1, 2
            claims = userinfo_claims(inspected, person)  # 3
            jwt = await self._jwt(request, visit.known.registered, claims)  # 4
        except OAuthError as error:
            await self._refuse(send, visit, error)
            return
        headers = visit.headers()
        if jwt is None:
            await send_json(send, 200, claims, request.correlation_id, [*NO_STORE, *headers])
        else:
            await send_bytes(send, 200, jwt.encode(), request.correlation_id, [*_JWT, *headers])

    async def _refuse(self, send: Send, visit: Visit, error: OAuthError) -> None:
        """Told to the caller, and where a token was shown, written down."""
        request = visit.request
        log.info("refused", correlation_id=request.correlation_id, check=error.check, evidence=error.evidence)
        if visit.shown is not None:
            event = refusal(visit, error)
            self.tallies.counted(event.tenant_id, event.type, event.at_ms)
            await self.log.record(event)
        headers = [*_error_headers(visit, error), *visit.headers(error)]
        await send_oauth_error(send, error, request.correlation_id, headers)

    async def _inspected(self, visit: Visit) -> tuple[InspectedToken, Person]:
        request, tenant = visit.request, visit.request.tenant
        visit.shown = shown = await access_token_of(request)
        visit.recognised = await self.inspector.recognise(tenant, shown.token)
        issuers = await self.hosts.issuers(tenant)
        inspected = await self.inspector.opened(
            visit.recognised,
            shown.token,
            audience=tenant.url(USERINFO_URL.path),
            other_audiences=[issuer + USERINFO_URL.path for issuer in issuers],
            possession=possession_of(request, shown, self.proofs.expected(request, visit.now_ms)),
        )
        visit.proof = inspected.proof
        if inspected.person is None or OPENID not in inspected.scopes:
            raise OAuthError("insufficient_scope", "The scope openid is needed.", check="userinfo.scope")
        return inspected, inspected.person

    async def _jwt(self, request: Request, registered: RegisteredClient, claims: Json) -> str | None:
        """Core 5.3.2: signed first, then encrypted; None where neither was asked for.

        Only a signed answer names issuer and audience. What is encrypted alone is the JSON that would stand there
        otherwise: the application asked for no signature, and has TLS to know who answers.
        """
        signed = await self._signed(request, registered, claims)
        if signed is None and chosen_encryption.chosen_alg(registered.client, chosen_encryption.USERINFO) is None:
            return None
        return await self.encryption.sealed(
            registered,
            signed if signed is not None else _encode(claims).decode(),
            chosen_encryption.USERINFO,
            self.clock.now_ms(),
            is_signed=signed is not None,
        )

    async def _signed(self, request: Request, registered: RegisteredClient, claims: Json) -> str | None:
        if chosen_alg(registered.client, USERINFO_ALG) is None:
            return None
        signer = await self.ring.signer(request.tenant.tenant_id, signing_alg_of(registered, USERINFO_ALG))
        client_id = registered.client.client_id
        return signer.sign(_encode({**claims, "iss": request.tenant.issuer, "aud": client_id}))


def userinfo_claims(inspected: InspectedToken, person: Person) -> Json:
    """What the token gives: ``sub`` as the application knows it, and what was asked for. Pure."""
    known = claims_of(person.user)
    requested = claims_requested(known, person.family.claims, USERINFO)
    return {**claims_by_scope(known, inspected.scopes), **requested, "sub": inspected.subject}


async def access_token_of(request: Request) -> ShownToken:
    """The one access token of a request (RFC 6750 2); raises OAuthError."""
    if request.method not in ("GET", "POST"):
        raise UserinfoRefused("invalid_request", "Only GET and POST.", "http.method", 405)
    # RFC 6750 2.3: what stands in a URL ends up in logs.
    if request.query_string:
        raise UserinfoRefused("invalid_request", "The query must be empty.", "parameters.query")
    shown = tokens_in_headers(request)
    content_type = request.header(b"content-type").partition(";")[0].strip().lower()
    if request.method == "POST" and content_type == FORM:
        token = (await read_parameters(request)).get("access_token")
        # RFC 9449 7.1: there is no place for a proof beside it, so it counts as a bearer token.
        shown += [ShownToken(token)] if token is not None else []
    if not shown:
        raise UserinfoRefused("invalid_token", "An access token is needed.", "userinfo.token_missing")
    if len(shown) > 1:
        raise UserinfoRefused("invalid_request", "The access token must come once.", "userinfo.token_once")
    return shown[0]


def _error_headers(visit: Visit, error: OAuthError) -> Headers:
    """A challenge (RFC 6750 3, RFC 9449 7.1); with an error code only where a token was shown."""
    if error.status == 405:
        return [(b"allow", b"GET, POST")]
    has_no_token = isinstance(error, UserinfoRefused) and error.has_no_token
    challenge = Challenge(
        error="" if has_no_token else error.code, scope=OPENID if error.code == "insufficient_scope" else ""
    )
    scheme = visit.shown.scheme if visit.shown is not None else BEARER
    url = metadata_url(visit.request.tenant, USERINFO_URL.path)
    return challenge_header(challenge, scheme, realm="userinfo", resource_metadata=url)
