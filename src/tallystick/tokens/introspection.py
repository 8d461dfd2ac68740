"""What introspection tells of a token, and whom (RFC 7662 2.2, 4). Pure.

    who asks                                  sees
    the application it was issued to          all that it says; what the person is called, where a scope tells that
    the application that stands for its API   what is for that API: not for whom else it is, nor scopes about the person
    anybody else                              :data:`INACTIVE`, as for a token that never was

Whether the token counts at all was asked before (`tokens.recognise`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from ..clients.client import Client
from ..records import Json
from ..tenants.tenant import Tenant
from ..users.claims import claims_of
from ..users.user import User
from .family import TokenFamily
from .person_claims import OPENID_SCOPES, claims_by_scope
from .recognised import Recognised

INACTIVE: Json = {"active": False}
"""RFC 7662 2.2: nothing more, whatever the reason is."""
RESOURCE_SERVER = "resource_server"
"""The ``app_type`` of a client that stands for an API."""
TOLD = (
    *("iss", "sub", "jti", "iat", "nbf", "exp"),
    *("acr", "auth_time", "amr", "permissions", "authorization_details", "transaction_linking_id", "cnf"),
)
"""Claims that are told as they stand in the token: RFC 7662 2.2, RFC 9470 6.2, RFC 9396 9.2, RFC 8705 3.2,
RFC 9449 6.2."""


class Viewer(StrEnum):
    """As whom a client may see a token."""

    ISSUED_TO = "the client it was issued to"
    API = "its API"


def viewer_of(caller: Client, recognised: Recognised) -> Viewer | None:
    """As whom; None for a client that has nothing to do with the token (attacks.md 43)."""
    if caller.client_id == recognised.client_id:
        return Viewer.ISSUED_TO
    return Viewer.API if identifier_of(caller) in recognised.audiences else None


def identifier_of(client: Client) -> str | None:
    """The API that the client stands for."""
    return client.metadata.get("resource_server_identifier") if client.app_type == RESOURCE_SERVER else None


def told_client(recognised: Recognised) -> Json:
    """What the client that it was issued to is told."""
    claims, person = recognised.claims, recognised.person
    told = _told(claims, recognised.client_id)
    told["aud"] = claims.get("aud")
    _set_scope(told, _scopes(claims))
    if person is not None and (username := _username(person.user, recognised.scopes)) is not None:
        told["username"] = username
    return told


def told_api(recognised: Recognised, identifier: str, api_scopes: Collection[str]) -> Json:
    """What an API is told; ``api_scopes`` are those that it defines, which may be spelled like one about the person.

    Who the person is beyond ``sub`` is not for it: an application with pairwise ids of people has them for that.
    """
    told = _told(recognised.claims, recognised.client_id)
    told["aud"] = identifier
    own = (one for one in _scopes(recognised.claims) if one in api_scopes or one not in OPENID_SCOPES)
    _set_scope(told, own)
    return told


def told_of_refresh_token(tenant: Tenant, family: TokenFamily, user: User, subject: str) -> Json:
    """What a client is told of a refresh token of its own.

    ``token_type`` is left out: RFC 7662 2.2 means that of RFC 6749 5.1, which refresh tokens have none of.
    """
    ends_ms = [end_ms for end_ms in (family.expires_at_ms, family.idle_expires_at_ms) if end_ms is not None]
    told: Json = {
        "active": True,
        "iss": tenant.issuer,
        "sub": subject,
        "client_id": family.client_id,
        "iat": family.created_at_ms // 1000,
        **({"exp": min(ends_ms) // 1000} if ends_ms else {}),
        **({"aud": family.audience} if family.audience else {}),
        "auth_time": family.auth_time_ms // 1000,
        **({"acr": family.acr} if family.acr else {}),
        **({"amr": family.amr} if family.amr else {}),
        **({"cnf": family.binding} if family.binding else {}),
    }
    if family.authorization_details is not None:
        told["authorization_details"] = family.authorization_details
    if family.transaction_linking_id is not None:
        told["transaction_linking_id"] = family.transaction_linking_id
    _set_scope(told, family.scope)
    if (username := _username(user, family.scope)) is not None:
        told["username"] = username
    return told


def _told(claims: Mapping[str, Any], client_id: str) -> Json:
    told: Json = {"active": True, "client_id": client_id}
    told |= {name: claims[name] for name in TOLD if name in claims}
    # RFC 9449 6.2; bound to a certificate it is Bearer (RFC 8705 3).
    told["token_type"] = "DPoP" if "jkt" in (claims.get("cnf") or {}) else "Bearer"
    return told


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    scope: str = claims.get("scope") or ""
    return scope.split()


def _set_scope(told: Json, scopes: Iterable[str]) -> None:
    if scope := " ".join(scopes):
        told["scope"] = scope


def _username(user: User, scopes: Collection[str]) -> str | None:
    """What /userinfo would call the person to the same client: by ``profile`` the name, by ``email`` the address."""
    shown = claims_by_scope(claims_of(user), scopes)
    return shown.get("preferred_username") or shown.get("email")
