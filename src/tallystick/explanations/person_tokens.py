"""Refusals around tokens in a person's name: codes, refresh tokens, hints, /userinfo, /oauth/revoke."""

from __future__ import annotations

from .hint import Hint, Hints

_HINT = "OpenID Connect Core 3.1.2.1"

HINTS: Hints = {
    "id_token.alg": Hint(
        "The application wants ID tokens in an algorithm that is not offered. Set jwt_configuration.alg to another.", ""
    ),
    "id_token_hint.kid": Hint("The hint is not signed with a key of this tenant, or the key was revoked.", _HINT),
    "id_token_hint.kind": Hint("The hint is another kind of token than an ID token of an application.", _HINT),
    "id_token_hint.iss": Hint("The hint was issued by another server or tenant.", _HINT),
}
