"""The authorization request as every check left it: what was asked, in types, and where the answer goes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from ..apis.detail_types import DetailTypes
from ..apis.resource_servers import ResourceServer
from ..clients.client import Client
from ..clients.directory import RegisteredClient
from ..records import Json
from ..tenants.tenant import Tenant
from ..users.consents import scopes_of_claims
from .answer import Destination
from .provenance import Provenance
from .response_types import ResponseType


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that passed the table of checks (`authorization.checks`); nothing else makes one."""

    tenant: Tenant
    registered: RegisteredClient
    parameters: Mapping[str, str]
    """As they came: what a pending authorization keeps."""
    provenance: Provenance
    """How they came: it is kept with them."""
    destination: Destination
    """Where the answer goes: the proven redirect URI, response mode, ``state``."""
    redirect_uri_sent: bool
    response_type: ResponseType
    nonce: str | None = None
    resource_server: ResourceServer | None = None
    """The API asked for; None for the person's own profile."""
    scope: tuple[str, ...] = ()
    """What may be granted: what was asked, without what this client or API cannot have."""
    authorization_details: list[Json] | None = None
    """What is asked for in detail (RFC 9396); None where nothing is."""
    detail_types: DetailTypes = {}
    """What the API says of the types of the details."""
    code_challenge: str | None = None
    dpop_jkt: str | None = None
    """The thumbprint of the key that the code is bound to (RFC 9449 10)."""
    prompt: frozenset[str] = frozenset()
    max_age_s: int | None = None
    acr_values: tuple[str, ...] = ()
    claims: Json = {}
    """The ``claims`` parameter (OpenID Connect Core 5.5), as far as it is known here."""
    hinted_subject: str | None = None
    """The one person meant, by a verified ``id_token_hint`` or by ``sub`` among the claims; as this client knows them
    (it may be pairwise)."""
    login_hint: str = ""
    ui_locales: str = ""
    wants_sign_up: bool = False
    """``prompt=create``, or ``screen_hint=signup``."""

    @property
    def client(self) -> Client:
        """The client."""
        return self.registered.client

    @property
    def audience(self) -> str | None:
        """The API's identifier; None for the person's own profile."""
        return self.resource_server.identifier if self.resource_server is not None else None

    @property
    def is_transactional(self) -> bool:
        """Whether it is a transaction: its person passes a second factor for it, and is asked whoever the client is."""
        return self.resource_server is not None and self.resource_server.is_transactional

    @property
    def is_asked_each_time(self) -> bool:
        """Whether no earlier consent covers it: it is a transaction, or somebody else's application names details."""
        return self.is_transactional or (self.authorization_details is not None and not self.client.is_first_party)

    @property
    def shown_scope(self) -> tuple[str, ...]:
        """The scopes that its person is shown: claims by name count as their scopes."""
        return tuple(dict.fromkeys((*self.scope, *scopes_of_claims(self.claims))))

    @property
    def fingerprint(self) -> str:
        """Tells what its person is asked for from anything else: an API may change while somebody reads, and after."""
        types = self.detail_types
        described = [
            (types[one["type"]].description if one["type"] in types else "", one)
            for one in self.authorization_details or ()
        ]
        parts = (self.audience, sorted(self.shown_scope), described, self.is_transactional)
        return sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()
