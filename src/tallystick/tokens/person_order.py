"""What is to be issued in a person's name, and what was."""

from __future__ import annotations

import msgspec

from ..apis.resource_servers import ResourceServer
from ..clients.client import Client
from ..clients.directory import RegisteredClient
from ..live import LiveRecord
from ..records import Json
from ..sender.binding import Binding
from ..sender.shown import NOTHING, Shown
from ..tenants.tenant import Tenant
from ..users.user import User
from .family import TokenFamily
from .issue import IssuedToken


class PersonTokenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be issued in a person's name. Who may ask was decided before."""

    tenant: Tenant
    registered: RegisteredClient
    is_confidential: bool
    user: User
    family: TokenFamily
    """What the tokens belong to: its facts of the sign-in go into both, its id into the access token."""
    resource_server: ResourceServer | None
    """The API; None for a token that is for /userinfo alone."""
    scopes: tuple[str, ...]
    """What was granted; narrowed here to what counts today."""
    authorization_details: list[Json] | None = None
    """What was granted in detail, as it counts today."""
    shown: Shown = NOTHING
    """What the request proves possession of; in the front channel that is nothing."""
    with_access_token: bool = True
    with_id_token: bool = True
    nonce: str | None = None
    code: str | None = None
    """For ``c_hash``, where a code goes along."""
    state: str | None = None
    """In an answer through the browser: for ``s_hash``, which FAPI 1 Advanced has and OpenID Connect Core has not."""
    gty: str = ""
    now_ms: int
    jti: str

    @property
    def client(self) -> Client:
        """The application."""
        return self.registered.client


class IssuedToPerson(msgspec.Struct, frozen=True, kw_only=True):
    """What was issued."""

    access_token: IssuedToken | None
    id_token: str | None
    scopes: tuple[str, ...]
    binding: Binding | None
    told: Json = {}
    """What the answer says of the token beside."""

    @property
    def saves(self) -> tuple[LiveRecord, ...]:
        """What has to be written before the tokens are handed out."""
        return self.access_token.saves if self.access_token is not None else ()

    def answer(self) -> Json:
        """The members of RFC 6749 5.1 and OpenID Connect Core 3.1.3.3, as far as they are there."""
        answer: Json = {}
        if self.access_token is not None:
            answer["access_token"] = self.access_token.access_token
            answer["token_type"] = self.access_token.token_type
            answer["expires_in"] = self.access_token.expires_in_s
        if self.id_token is not None:
            answer["id_token"] = self.id_token
        if self.scopes and self.access_token is not None:
            answer["scope"] = " ".join(self.scopes)
        return {**answer, **self.told}

    def __repr__(self) -> str:
        return f"IssuedToPerson(scopes={self.scopes!r})"
