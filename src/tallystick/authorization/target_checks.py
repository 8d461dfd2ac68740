"""Rows about what the application wants: for which API, and which scopes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..users.claims import CLAIMS_BY_SCOPE
from .refusal import named, refuse
from .walk import Walk

OPENID, OFFLINE_ACCESS, ONLINE_ACCESS = "openid", "offline_access", "online_access"
PERSON_SCOPES = (OPENID, *CLAIMS_BY_SCOPE, OFFLINE_ACCESS)
"""Scopes about the person, which need no API (OpenID Connect Core 5.4 and 11)."""
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")
"""RFC 6749 3.3."""


def scope_form(walk: Walk) -> None:
    """RFC 6749 3.3."""
    sent = walk.sent("scope")
    if sent is not None and not _SCOPE.fullmatch(sent):
        raise refuse("invalid_scope", "The scope parameter is malformed.", check="authorize.scope_form")


def access_kind(walk: Walk) -> None:
    """A refresh token outlives the session or is bound to it, not both (auth0.md 1.2)."""
    if OFFLINE_ACCESS in walk.scope and ONLINE_ACCESS in walk.scope:
        raise refuse(
            "invalid_request",
            "Cannot request both online_access and offline_access scopes",
            check="authorize.access_kind",
        )


def resource_single(walk: Walk) -> None:
    """RFC 8707 2 lets a client name several; a token is for one here."""
    if "resource" in walk.repeated and walk.known.target_name == "resource":
        raise refuse("invalid_target", "Only one resource at a time.", check="authorize.resource_single")


def resource_form(walk: Walk) -> None:
    """RFC 8707 2: an absolute URI without a fragment."""
    sent = walk.sent("resource")
    if sent is None or walk.known.target_name != "resource":
        return
    try:
        is_absolute = bool(urlsplit(sent).scheme)
    except ValueError:
        is_absolute = False
    if not is_absolute or "#" in sent:
        raise refuse("invalid_target", "resource must be an absolute URI.", check="authorize.resource_form")


def audience_known(walk: Walk) -> None:
    """The API exists. The answer is Auth0's for ``audience`` (auth0.md 1.2), RFC 8707's for ``resource``."""
    target = walk.known.target
    if target is None or walk.known.resource_server is not None:
        return
    code = "invalid_target" if walk.known.target_name == "resource" else "access_denied"
    raise refuse(code, f"Service not found: {named(target)}", check="authorize.audience_known", audience=target[:600])


def audience_for_people(walk: Walk) -> None:
    """The Management API is for applications alone: no person's token may carry its scopes. Others say themselves."""
    api = walk.known.resource_server
    if api is not None and (api.is_system or _user_policy(walk) == "deny_all"):
        raise refuse("access_denied", "This API gives no tokens to people.", check="authorize.audience_for_people")


def audience_granted(walk: Walk) -> None:
    """auth0.md 4.4: under ``require_client_grant`` the application needs a grant for people."""
    api = walk.known.resource_server
    if api is not None and walk.known.user_grant is None and _user_policy(walk) != "allow_all":
        raise refuse(
            "access_denied",
            "The application is not authorized to access this API for people. A client grant for it is needed.",
            check="authorize.audience_granted",
            audience=api.identifier,
        )


def scope_within_grant(walk: Walk) -> None:
    """Of the API's scopes those that its grant for people names, where the API demands one; others are left out."""
    if _user_policy(walk) == "allow_all":
        return
    granted = frozenset(walk.known.user_grant.scope if walk.known.user_grant is not None else ())
    walk.scope = tuple(scope for scope in walk.scope if scope in PERSON_SCOPES or scope in granted)


def scope_defined(walk: Walk) -> None:
    """RFC 6749 3.3: what nobody defines is left out; the token's own ``scope`` says what it is good for."""
    api = walk.known.resource_server
    defined = {*PERSON_SCOPES, *(api.scopes if api is not None else ())}
    walk.scope = tuple(scope for scope in walk.scope if scope in defined)


def offline_access(walk: Walk) -> None:
    """A refresh token needs the client's grant, a code to come with, and the API's leave; else the scope is left out.

    OpenID Connect Core 11. A first-party application needs no ``prompt=consent``: its people consent to nothing.
    """
    api = walk.known.resource_server
    is_given = (
        "refresh_token" in walk.client.grant_types
        and walk.response_type.gives_code
        and (api is None or bool(api.metadata.get("allow_offline_access", False)))
    )
    if not is_given:
        walk.scope = tuple(scope for scope in walk.scope if scope != OFFLINE_ACCESS)


def _user_policy(walk: Walk) -> str:
    api = walk.known.resource_server
    policies = (api.metadata.get("subject_type_authorization") or {}) if api is not None else {}
    return str((policies.get("user") or {}).get("policy", "allow_all"))
