"""The shape that every grant has: a request of an authenticated client in, what is granted out, or a refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from ..apis.directory import ApiDirectory
from ..apis.resource_servers import ResourceServer
from ..clientauth.authenticate import AuthenticatedClient
from ..errors import OAuthError
from ..events import EventType
from ..handles import HandleHasher
from ..live import LiveRecord, LiveRecords
from ..records import Json
from ..sender.binding import Binding
from ..sender.shown import NOTHING, Shown
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant
from ..tokens.families import Families
from ..tokens.family import TokenFamily
from ..tokens.refresh_token import RefreshTokens
from ..tokens.status_places import StatusPlaces
from ..users.user import User


class PeopleRecords(msgspec.Struct, frozen=True, kw_only=True):
    """What grants in a person's name look into."""

    live: LiveRecords
    handles: HandleHasher
    families: Families
    refresh_tokens: RefreshTokens
    places: StatusPlaces


class Caller(Protocol):
    """What a grant may ask of the HTTP request."""

    @property
    def ip(self) -> str:
        """The address that it came from."""
        ...

    @property
    def user_agent(self) -> str:
        """What it calls itself."""
        ...


class GrantRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a grant may look at."""

    tenant: Tenant
    authenticated: AuthenticatedClient
    parameters: Mapping[str, str]
    apis: ApiDirectory
    hosts: HostDirectory
    people: PeopleRecords
    caller: Caller
    shown: Shown = NOTHING
    """What the request proves possession of."""
    now_ms: int

    @property
    def seen(self) -> tuple[str, str]:
        """The caller's address and what it calls itself, for people to recognise an application by."""
        return self.caller.ip, self.caller.user_agent

    def holder(self, binding: Binding | None) -> Binding | None:
        """What a refresh token is bound to that is given to whoever proves nothing else of themselves.

        RFC 9449 5: the proof's key, also where the API wants no bound access token. A certificate may just be there, so
        it counts where it binds the access token (RFC 8705 4).
        """
        proof = self.shown.proof
        return proof.binding if proof is not None else binding

    @property
    def credential_id(self) -> str | None:
        """The credential by which the client proved itself."""
        credential = self.authenticated.credential
        return credential.id if credential is not None else None


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What is granted: scopes of one API in the name of a subject."""

    resource_server: ResourceServer
    scopes: tuple[str, ...]
    authorization_details: list[Json] | None = None
    """What is granted in detail (RFC 9396)."""
    subject: str
    gty: str
    """How it came about, as Auth0's ``gty`` claim spells it."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written, all or nothing, before the tokens are handed out."""

    saves: tuple[LiveRecord, ...] = ()
    refresh_token: str | None = None
    crowded_out: int = 0
    """How many older refresh tokens go for it."""
    is_rotated: bool = False

    def __repr__(self) -> str:
        return f"Settled(saves={len(self.saves)})"


class GrantedToPerson(msgspec.Struct, frozen=True, kw_only=True):
    """What is granted in a person's name."""

    user: User
    family: TokenFamily
    """The facts of the sign-in, and the id that the tokens carry."""
    resource_server: ResourceServer | None
    """None for what is about the person alone."""
    scopes: tuple[str, ...]
    authorization_details: list[Json] | None = None
    """What is granted in detail (RFC 9396)."""
    nonce: str | None = None
    gty: str = ""
    settle: Callable[[Binding | None], Awaitable[Settled]]
    """What to write, once it is known to what the access token is bound."""


class FamilyMisused(OAuthError):
    """What was shown is spent: it was copied, so everything that came of it is withdrawn (RFC 9700 4.14.2)."""

    def __init__(self, description: str, *, check: str, family: TokenFamily | None, because: str, type: str) -> None:
        super().__init__("invalid_grant", description, check=check, **_told(family))
        self.family = family
        self.because = because
        self.type = type
        """The type of its row in the log."""


def _told(family: TokenFamily | None) -> Json:
    return {} if family is None else {"grant_id": family.id, "user_id": family.user_id}


class GrantType(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table in `grants.table`."""

    name: str
    decide: Callable[[GrantRequest], Awaitable[Granted | GrantedToPerson]]
    needs_confidential_client: bool
    succeeded: str = EventType.CLIENT_CREDENTIALS_SUCCEEDED
    failed: str = EventType.CLIENT_CREDENTIALS_FAILED
    """The types of its rows in the log."""
