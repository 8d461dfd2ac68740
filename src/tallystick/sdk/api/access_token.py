"""An access token that was verified, and what it allows: scopes, permissions, and how its person signed in. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

import msgspec

from .jwt_rules import AHEAD_MS_MAX
from .refusals import AuthenticationWanted, ScopeMissing


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """Genuine, for this API, alive; and shown by the holder of its key, where it is bound to one."""

    issuer: str
    subject: str | None
    """``sub``: the person, or the client where nobody signed in."""
    client_id: str | None
    audiences: tuple[str, ...]
    scopes: frozenset[str]
    permissions: frozenset[str]
    """``permissions`` of Auth0's dialects (`token_dialect` that ends in ``_authz``)."""
    claims: dict[str, Any]
    """All that the token, or the answer about it, says."""
    expires_at_ms: int | None
    """None where introspection names no end."""
    verified_at_ms: int
    next_nonce: str | None = None
    """The DPoP nonce to hand out with the answer."""

    def __repr__(self) -> str:
        return f"AccessToken(client_id={self.client_id!r}, subject={self.subject!r}, scopes={sorted(self.scopes)})"

    @property
    def confirmation(self) -> dict[str, str] | None:
        """``cnf``: what it is bound to, and what the request proved; None for a bearer token."""
        return self.claims.get("cnf")

    def require(self, *scopes: str) -> Self:
        """Itself, if every scope was granted; raises :class:`ScopeMissing` (403)."""
        if not scopes or not self.scopes.issuperset(scopes):
            raise ScopeMissing(scopes, self.scopes)
        return self

    def require_any(self, *scopes: str) -> Self:
        """Itself, if one of the scopes was granted; raises :class:`ScopeMissing` (403)."""
        if self.scopes.isdisjoint(scopes):
            raise ScopeMissing(scopes, self.scopes)
        return self

    def require_permissions(self, *permissions: str) -> Self:
        """Itself, if the person or the client has every permission; raises :class:`ScopeMissing` (403)."""
        if not permissions or not self.permissions.issuperset(permissions):
            raise ScopeMissing(permissions, self.permissions)
        return self

    def require_authentication(self, *, acr_values: Collection[str] = (), max_age_s: int | None = None) -> Self:
        """Itself, if its person signed in like this; raises :class:`AuthenticationWanted` (RFC 9470).

        ``acr_values``: one of them, the best liked first. ``max_age_s``: no longer ago than that. A token that does not
        say how or when is not enough.
        """
        if isinstance(acr_values, str) or (not acr_values and max_age_s is None):
            raise ValueError("say which acr_values, as a list, or which max_age_s")
        if max_age_s is not None and max_age_s < 1:
            raise ValueError("no sign-in is fresh enough for a max_age_s below 1: people would be sent round for ever")
        acr, auth_time = self.claims.get("acr"), self.claims.get("auth_time")
        if acr_values and acr not in acr_values:
            raise AuthenticationWanted("step_up.acr", acr_values, max_age_s, acr=str(acr)[:64])
        if max_age_s is not None and not self._is_recent(auth_time, max_age_s):
            raise AuthenticationWanted("step_up.auth_time", acr_values, max_age_s, auth_time=str(auth_time)[:20])
        return self

    def _is_recent(self, auth_time: object, max_age_s: int) -> bool:
        if isinstance(auth_time, bool) or not isinstance(auth_time, int | float):
            return False
        return -AHEAD_MS_MAX / 1000 <= self.verified_at_ms / 1000 - auth_time <= max_age_s
