"""What an API demands of a token beside that it counts: scopes, how and how recently somebody signed in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import OAuthError


class Unmet(OAuthError):
    """A demand that the token does not meet; ``told`` goes into the challenge beside the error code."""

    def __init__(self, code: str, description: str, check: str, **told: str) -> None:
        super().__init__(code, description, check=check)
        self.told = told


class Demands(msgspec.Struct, frozen=True, kw_only=True):
    """What one API demands for one request; nothing unless set."""

    scopes: tuple[str, ...] = ()
    """All of them (RFC 6750 3.1)."""
    acr_values: tuple[str, ...] = ()
    """One of them (RFC 9470 3)."""
    max_age_s: int | None = None
    """How long ago the sign-in may be, in seconds (RFC 9470 3)."""


def check_demands(demands: Demands, claims: Mapping[str, Any], now_ms: int) -> None:
    """Raise :class:`Unmet` for the first demand that a token with these claims does not meet.

    A token that does not say how somebody signed in, such as an application's own, meets no demand about it.
    """
    if not set(demands.scopes) <= set((claims.get("scope") or "").split()):
        needed = " ".join(demands.scopes)
        raise Unmet("insufficient_scope", "The token lacks a scope.", "demand.scope", scope=needed)
    if demands.acr_values and claims.get("acr") not in demands.acr_values:
        needed = " ".join(demands.acr_values)
        described = "A different authentication level is required."
        raise Unmet("insufficient_user_authentication", described, "demand.acr", acr_values=needed)
    if demands.max_age_s is None:
        return
    auth_time_s = claims.get("auth_time")
    if not isinstance(auth_time_s, int) or now_ms // 1000 - auth_time_s > demands.max_age_s:
        raise Unmet(
            "insufficient_user_authentication",
            "More recent authentication is required.",
            "demand.max_age",
            max_age=str(demands.max_age_s),
        )
