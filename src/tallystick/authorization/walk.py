"""One authorization request on its way through the table of checks: what came, what is known, what rows found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Protocol

import msgspec

from ..apis.client_grants import ClientGrant
from ..apis.detail_types import DetailTypes
from ..apis.resource_servers import ResourceServer
from ..clients.client import Client
from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..profiles import Profile
from ..records import Json
from ..tenants.tenant import Tenant
from .answer import FORM_POST, FRAGMENT, QUERY, SIGNED_MODES, Destination, carrier_of
from .incoming import Incoming
from .provenance import Provenance
from .request import AuthorizationRequest
from .response_types import NO_TYPE, ResponseType, response_type_of, words_of

DEFAULT_SCOPE = "openid"
"""Of a request that names none (auth0.md 1.2)."""


class EntryPoint(Enum):
    """A way by which a request comes in: a column of the table."""

    AUTHORIZE = "authorize"
    """The browser carries the request, signed or not."""
    PUSHED = "pushed"
    """Its client sends it ahead (RFC 9126 2)."""
    VISIT = "visit"
    """The browser names a request that was pushed (RFC 9126 4)."""
    RESUME = "resume"
    """The browser comes back from a page."""


class Hinted(Protocol):
    """A verified ID token of ours: `tokens.id_token_hint`."""

    @property
    def client_id(self) -> str:
        """Whom it was issued to."""
        ...

    @property
    def subject(self) -> str:
        """What that client calls the person."""
        ...


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked up before anything is decided; None is what there is not."""

    registered: RegisteredClient | None
    target: str | None = None
    """The API that is asked for, as named by ``audience``, ``resource`` or the tenant; None for the profile alone."""
    target_name: str = ""
    """Which of the three named it."""
    resource_server: ResourceServer | None = None
    user_grant: ClientGrant | None = None
    """The client's grant for people at this API."""
    detail_types: DetailTypes = {}
    """What the API understands in detail, where the request says something in detail."""
    hint: Hinted | OAuthError | None = None
    """The verified ``id_token_hint``, or why it is none of ours."""


class Walk(msgspec.Struct, kw_only=True):
    """The walk. A row refuses by raising OAuthError, narrows what is asked, or leaves what it found."""

    tenant: Tenant
    parameters: Mapping[str, str]
    known: Known
    provenance: Provenance
    """How it came in: what must be pushed or signed is asked wherever it is judged."""
    repeated: Collection[str] = ()
    """Parameters that may come several times, and did."""
    redirect_uri: str | None = None
    """Set when it is proven; until then nobody is redirected anywhere."""
    response_type: ResponseType = NO_TYPE
    response_mode: str | None = None
    web_message_origin: str | None = None
    scope: tuple[str, ...] = ()
    authorization_details: list[Json] | None = None
    prompt: frozenset[str] = frozenset()
    max_age_s: int | None = None
    claims: Json = {}
    hinted_subject: str | None = None

    @property
    def registered(self) -> RegisteredClient:
        """The client with its keys: the first row has found it."""
        if self.known.registered is None:
            raise AssertionError("no client was found, and no row said so")
        return self.known.registered

    @property
    def client(self) -> Client:
        """The client itself, likewise."""
        return self.registered.client

    @property
    def profile(self) -> Profile:
        """What its profile demands."""
        return self.registered.profile

    def sent(self, name: str) -> str | None:
        """A parameter's value; None when it was left out."""
        return self.parameters.get(name)

    def destination(self) -> Destination | None:
        """Where an answer goes, an error too; None as long as the redirect URI is not proven."""
        if self.redirect_uri is None:
            return None
        return Destination(
            registered=self.registered,
            redirect_uri=self.redirect_uri,
            carrier=carrier_of(self.response_mode or "") or self.default_carrier(),
            is_signed=self.wants_signature() or self.needs_signature(),
            state=self.sent("state"),
            web_message_origin=self.web_message_origin,
        )

    def wants_signature(self) -> bool:
        """Whether a signed answer was asked for (JARM 2.3): then nothing goes out unsigned, whatever is wrong."""
        return self.sent("response_mode") in SIGNED_MODES

    def needs_signature(self) -> bool:
        """Whether the client's profile has answers of this type signed; so is the refusal to give one unsigned."""
        if not self.profile.signed_response_types:
            return False
        asked = response_type_of(self.sent("response_type") or "")
        return asked is not None and asked.name in self.profile.signed_response_types

    def default_carrier(self) -> str:
        """OAuth 2.0 Multiple Response Type Encoding Practices 2.1 and JARM 2.3.4; also for types that are refused.

        A form or a fragment that was asked for is safe whatever was asked for beside, so it need not wait for its rows.
        """
        if (sent := carrier_of(self.sent("response_mode") or "")) in (FRAGMENT, FORM_POST):
            return sent
        words = words_of(self.sent("response_type"))
        return FRAGMENT if words & {"token", "id_token"} else QUERY


def begin(tenant: Tenant, incoming: Incoming, known: Known) -> Walk:
    """A walk at its beginning."""
    parameters = incoming.parameters
    return Walk(
        tenant=tenant,
        parameters=parameters,
        known=known,
        provenance=incoming.provenance,
        repeated=incoming.repeated,
        hinted_subject=incoming.hinted_subject,
        scope=tuple(dict.fromkeys(parameters.get("scope", DEFAULT_SCOPE).split())),
        prompt=frozenset(parameters.get("prompt", "").split()),
    )


def end(walk: Walk) -> AuthorizationRequest:
    """The request, when no row refused it."""
    destination = walk.destination()
    if destination is None or walk.response_type is NO_TYPE:
        raise AssertionError("the table of checks let a request through that names no client, target or type")
    parameters = walk.parameters
    return AuthorizationRequest(
        tenant=walk.tenant,
        registered=destination.registered,
        parameters=parameters,
        provenance=walk.provenance,
        destination=destination,
        redirect_uri_sent="redirect_uri" in parameters,
        response_type=walk.response_type,
        nonce=parameters.get("nonce"),
        resource_server=walk.known.resource_server,
        scope=walk.scope,
        authorization_details=walk.authorization_details,
        detail_types=walk.known.detail_types,
        code_challenge=parameters.get("code_challenge"),
        dpop_jkt=parameters.get("dpop_jkt"),
        prompt=walk.prompt,
        max_age_s=walk.max_age_s,
        acr_values=tuple(dict.fromkeys(parameters.get("acr_values", "").split())),
        claims=walk.claims,
        hinted_subject=walk.hinted_subject,
        login_hint=parameters.get("login_hint", ""),
        ui_locales=parameters.get("ui_locales", ""),
        wants_sign_up="create" in walk.prompt or parameters.get("screen_hint") == "signup",
    )
