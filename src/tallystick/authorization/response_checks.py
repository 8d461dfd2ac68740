"""Rows about the answer: response type, response mode, nonce, and proof key."""

from __future__ import annotations

import re

from ..clients import chosen_encryption
from ..clients.chosen_algs import AUTHORIZATION
from ..clients.origins import origin_of
from ..errors import OAuthError
from ..tenants.settings import setting
from ..tokens.client_algs import signing_alg_of
from ..tokens.person_claims import OPENID
from .answer import JWT, QUERY, RESPONSE_MODES, WEB_MESSAGE, carrier_of
from .refusal import refuse
from .response_types import response_type_of
from .walk import Walk

S256 = "S256"
"""RFC 7636 4.2. ``plain`` would put the verifier itself into the URL."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""The SHA-256 of the verifier, as base64url without padding."""
_THUMBPRINT = _CHALLENGE
"""RFC 7638 with SHA-256, likewise."""


def response_type_known(walk: Walk) -> None:
    """RFC 6749 3.1.1: required, and one of those that are registered."""
    sent = walk.sent("response_type")
    if sent is None:
        raise refuse(
            "invalid_request", "Missing required parameter: response_type", check="authorize.response_type_known"
        )
    found = response_type_of(sent)
    if found is None:
        raise refuse(
            "unsupported_response_type",
            "Unknown response_type.",
            check="authorize.response_type_known",
            response_type=sent[:100],
        )
    walk.response_type = found


def response_type_offered(walk: Walk) -> None:
    """OAuth 2.1 and RFC 9700 2.1.2: no tokens through the browser, unless the tenant says otherwise."""
    if walk.response_type.is_front_channel and not setting(walk.tenant, "implicit_and_hybrid_supported"):
        raise refuse(
            "unsupported_response_type",
            "This response_type is not offered here; use code.",
            check="authorize.response_type_offered",
        )


def response_type_granted(walk: Walk) -> None:
    """RFC 6749 4.1.2.1: the client's ``grant_types`` must allow what comes back."""
    response_type, granted = walk.response_type, walk.client.grant_types
    needed = {
        "authorization_code": response_type.gives_code,
        "implicit": response_type.is_front_channel,
    }
    missing = [grant for grant, is_needed in needed.items() if is_needed and grant not in granted]
    if missing:
        raise refuse(
            "unauthorized_client",
            "This application may not use this response_type.",
            check="authorize.response_type_granted",
            missing_grants=missing,
        )


def response_type_in_profile(walk: Walk) -> None:
    """FAPI 1 Advanced 5.2.2, FAPI 2 Security Profile 5.3.2.2: the client's profile may have fewer than its grants."""
    name = walk.response_type.name
    if name not in walk.profile.response_types:
        raise refuse(
            "unauthorized_client",
            "The security profile of this application does not allow this response_type.",
            check="authorize.response_type_in_profile",
            response_type=name,
            profile=walk.profile.name,
        )


def response_mode_known(walk: Walk) -> None:
    """OAuth 2.0 Multiple Response Type Encoding Practices 2.1, JARM 2.3."""
    sent = walk.sent("response_mode")
    if sent is not None and sent not in RESPONSE_MODES:
        raise refuse(
            "invalid_request", "Unknown response_mode.", check="authorize.response_mode_known", response_mode=sent[:100]
        )


def response_mode_safe(walk: Walk) -> None:
    """OAuth 2.0 Multiple Response Type Encoding Practices 3: no token in a query, where histories and logs keep it.

    JARM 2.3.1: unless it is encrypted.
    """
    if carrier_of(walk.sent("response_mode") or "") != QUERY or not walk.response_type.is_front_channel:
        return
    if not walk.wants_signature() or chosen_encryption.chosen_alg(walk.client, chosen_encryption.AUTHORIZATION) is None:
        raise refuse(
            "invalid_request",
            "This response_mode is not allowed for this response_type.",
            check="authorize.response_mode_safe",
        )


def response_signed_as_demanded(walk: Walk) -> None:
    """FAPI 1 Advanced 5.2.2: a code alone comes in a signed answer. The refusal does, too."""
    if walk.needs_signature() and not walk.wants_signature():
        raise refuse(
            "invalid_request",
            f"For this application response_mode must be {JWT}.",
            check="authorize.response_signed_as_demanded",
        )


def web_message_origin(walk: Walk) -> None:
    """A message goes to one origin: registered in ``web_origins``, and the redirect URI's own."""
    if walk.sent("response_mode") != WEB_MESSAGE:
        return
    origin = origin_of(walk.redirect_uri or "")
    registered = {origin_of(url) for url in walk.client.metadata.get("web_origins") or ()}
    if origin is None or origin not in registered:
        raise refuse(
            "invalid_request",
            "response_mode web_message needs a redirect_uri whose origin is among the web_origins of the application.",
            check="authorize.web_message_origin",
            origin=origin or "",
        )
    walk.web_message_origin = origin


def response_mode_chosen(walk: Walk) -> None:
    """Every rule about it held: from here on errors take the way that was asked for, too."""
    walk.response_mode = walk.sent("response_mode")


def response_signable(walk: Walk) -> None:
    """An answer that must be signed can be, as far as that is known before anybody signs in for nothing."""
    if not walk.wants_signature():
        return
    try:
        signing_alg_of(walk.registered, AUTHORIZATION)
    except OAuthError:
        walk.redirect_uri = None  # there is no way to tell the application
        raise


def nonce_present(walk: Walk) -> None:
    """OpenID Connect Core 3.2.2.1 and 3.3.2.11: an ID token from the browser proves nothing without a nonce."""
    if walk.response_type.gives_id_token and walk.sent("nonce") is None:
        raise refuse("invalid_request", "Missing required parameter: nonce", check="authorize.nonce_present")


def openid_asked(walk: Walk) -> None:
    """OpenID Connect Core 3.1.2.1: without the scope the request is none of OpenID's, which ID tokens are of."""
    if walk.response_type.gives_id_token and OPENID not in walk.scope:
        raise refuse("invalid_scope", "An id_token needs the scope openid.", check="authorize.openid_asked")


def dpop_jkt(walk: Walk) -> None:
    """RFC 9449 10: the thumbprint of a key, which the code is then bound to."""
    thumbprint = walk.sent("dpop_jkt")
    if thumbprint is not None and not _THUMBPRINT.fullmatch(thumbprint):
        raise refuse("invalid_request", "dpop_jkt must be the SHA-256 thumbprint of a JWK.", check="authorize.dpop_jkt")


def pkce_method(walk: Walk) -> None:
    """RFC 9700 2.1.1: S256 alone. RFC 7636 4.3 takes a missing method for ``plain``, so it must be named."""
    method = walk.sent("code_challenge_method")
    if method != S256 and (method is not None or walk.sent("code_challenge") is not None):
        raise refuse(
            "invalid_request",
            "code_challenge_method must be S256.",
            check="authorize.pkce_method",
            method=(method or "")[:40],
        )


def pkce_challenge(walk: Walk) -> None:
    """RFC 7636 4.2: 43 characters, which is what S256 gives; a method without a challenge is half a proof."""
    challenge = walk.sent("code_challenge")
    if challenge is None and walk.sent("code_challenge_method") is None:
        return
    if not _CHALLENGE.fullmatch(challenge or ""):
        raise refuse(
            "invalid_request", "code_challenge must be a SHA-256 as base64url.", check="authorize.pkce_challenge"
        )


def pkce_present(walk: Walk) -> None:
    """OAuth 2.1 7.5.1: always for public clients; for others where the client or its profile says so."""
    if not walk.response_type.gives_code or walk.sent("code_challenge") is not None:
        return
    client = walk.client
    demanded = (
        not client.is_confidential or walk.profile.requires_pkce or bool(client.metadata.get("require_pkce", False))
    )
    if demanded:
        raise refuse("invalid_request", "Missing required parameter: code_challenge", check="authorize.pkce_present")
