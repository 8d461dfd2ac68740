"""The walk of one request object: what is to be judged, and what rules found."""

from __future__ import annotations

import msgspec

from ..clients.directory import RegisteredClient
from ..clients.loaded_key import LoadedKey
from ..errors import OAuthError
from ..jose.claims import VerifiedClaims
from ..jose.jwt import UnverifiedJwt
from ..tenants.tenant import Tenant

SKEW_MS = 10_000
"""As for client assertions; conformance.md 2: nbf 8 s ahead is accepted."""
LIFE_MS_MAX = 3_600_000
"""How old an object may be that says when it was made and not when it ends, and how long a ``jti`` is remembered."""


class RequestObjectRefused(OAuthError):
    """Whatever is wrong with a request object, the caller hears the same; ``check`` tells the log."""

    def __init__(self, check: str, **evidence: object) -> None:
        super().__init__("invalid_request_object", "The request object is not acceptable.", check=check, **evidence)


class RequestObjectWalk(msgspec.Struct, kw_only=True):
    """How far one request object got."""

    tenant: Tenant
    registered: RegisteredClient
    text: str
    now_ms: int
    envelope: UnverifiedJwt | None = None
    keys: tuple[LoadedKey, ...] = ()
    """The client's keys for request objects, looked up once the head of the object held."""
    candidates: list[LoadedKey] = []
    key: LoadedKey | None = None
    """Whose signature it is."""
    verified: VerifiedClaims | None = None
    expires_at_ms: int | None = None
    issued_at_ms: int | None = None
    not_before_ms: int | None = None
    jti: str | None = None

    @property
    def jwt(self) -> UnverifiedJwt:
        """The object taken apart: the first rule did."""
        if self.envelope is None:
            raise AssertionError("the request object was not parsed, and no rule said so")
        return self.envelope

    @property
    def claims(self) -> VerifiedClaims:
        """What was signed: nobody reads it before the signature held."""
        if self.verified is None:
            raise AssertionError("the request object was not verified, and no rule said so")
        return self.verified

    @property
    def life_ms_max(self) -> int | None:
        """What the profile says of it: with a number, it demands dates."""
        return self.registered.profile.request_object_life_ms_max

    @property
    def made_at_ms(self) -> int | None:
        """When the object says it was made."""
        return self.issued_at_ms if self.issued_at_ms is not None else self.not_before_ms

    @property
    def end_ms(self) -> int | None:
        """When it is refused for its age alone; None for one without any date, which a client may prepare for ever
        (OpenID Connect Core 6.2)."""
        if self.expires_at_ms is not None:
            return self.expires_at_ms + SKEW_MS
        return None if self.made_at_ms is None else self.made_at_ms + LIFE_MS_MAX + SKEW_MS
