"""Initiators: why a session ended, in Auth0's words, and which applications want to hear of which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ..clients.client import Client


class Initiator(StrEnum):
    """Why a session ended (auth0.md 4.3, ``backchannel_logout_initiators``)."""

    RP_LOGOUT = "rp-logout"
    """An application sent the person to a logout URL."""
    IDP_LOGOUT = "idp-logout"
    """The person signed out here, or somebody else signed in with the same browser."""
    PASSWORD_CHANGED = "password-changed"  # noqa: S105  # a word
    SESSION_EXPIRED = "session-expired"
    SESSION_REVOKED = "session-revoked"
    """The person or an administrator ended it from elsewhere."""
    ACCOUNT_DELETED = "account-deleted"
    ACCOUNT_DEACTIVATED = "account-deactivated"
    """The account was blocked."""
    EMAIL_IDENTIFIER_CHANGED = "email-identifier-changed"


DEFAULT = (Initiator.RP_LOGOUT, Initiator.IDP_LOGOUT)
"""What an application hears of that chose nothing."""


def told_at(client: Client, because: Initiator) -> str | None:
    """The URL at which the client wants to hear of a session's end for this reason; None when it does not."""
    url = url_of(client)
    return url if url and because in wanted(_settings(client).get("backchannel_logout_initiators") or {}) else None


def url_of(client: Client) -> str | None:
    """The client's one back-channel logout URL."""
    return next(iter(_settings(client).get("backchannel_logout_urls") or ()), None) or None


def _settings(client: Client) -> Mapping[str, Any]:
    return client.metadata.get("oidc_logout") or client.metadata.get("oidc_backchannel_logout") or {}


def wanted(initiators: Mapping[str, Any]) -> frozenset[str]:
    """The reasons that ``backchannel_logout_initiators`` names. A logout by an application always counts, as there."""
    if initiators.get("mode") == "all":
        return frozenset(Initiator)
    selected = initiators.get("selected_initiators")
    return frozenset(DEFAULT if selected is None else (Initiator.RP_LOGOUT, *selected))
