"""Refusals of `grants`, `sender` and `tokens`: what a proven client gets, and tokens that are shown to us."""

from __future__ import annotations

from .hint import Hint, Hints

_SCOPE = "RFC 6749 3.3"
_TARGET = "RFC 8707 2"
_SHOWN = "RFC 6750 3.1"

HINTS: Hints = {
    "grant.missing": Hint("There is no grant_type. Send grant_type=client_credentials.", "RFC 6749 4.4.2"),
    "grant.known": Hint("This grant_type is not offered. Discovery lists those that are.", "RFC 6749 5.2"),
    "grant.allowed": Hint(
        "The application may not use this grant. Add it to the client's grant_types.", "RFC 6749 5.2"
    ),
    "grant.confidential": Hint(
        "A public client cannot have tokens for itself. Give the application an authentication method.", "RFC 6749 4.4"
    ),
    "client_credentials.organization": Hint("Organizations are not supported. Leave organization out.", ""),
    "client_credentials.audience_missing": Hint(
        "The request names no API. Send its identifier as audience, or set default_audience for the tenant.", _TARGET
    ),
    "client_credentials.audience_form": Hint(
        "The audience cannot be an identifier: it is too long or holds control characters.", _TARGET
    ),
    "client_credentials.audience_unknown": Hint(
        "There is no API of this identifier. Identifiers are compared exactly, the slash at the end included.", _TARGET
    ),
    "client_credentials.client_grant": Hint(
        "The application has no client grant for this API. Create one: tallystick grants create.", _TARGET
    ),
    "client_credentials.scope_form": Hint("Scopes are separated by single spaces.", _SCOPE),
    "client_credentials.scope": Hint(
        "The client grant does not hold all of the requested scopes. Ask for fewer, or extend the grant.", _SCOPE
    ),
    "sender.constrain": Hint(
        "The token must be bound to its holder, and this request proves no possession by the mechanism that the API"
        " names, or the API allows no binding. Send a DPoP proof, or ask at the mTLS address with a client"
        " certificate, as mechanism says; demanded_by says who wants that.",
        "RFC 9449 5, RFC 8705 3",
    ),
    "issue.size": Hint(
        "The access token would be larger than any request can hold, so that nobody could show or revoke it. Ask for"
        " fewer scopes, or give the API token_dialect opaque.",
        "",
    ),
    # Tokens that are shown to us
    "token.header": Hint(
        "The Authorization header must be Bearer or DPoP, a space, and the token, once.", "RFC 6750 2.1, RFC 9449 7.1"
    ),
    "token.typ": Hint("This is another kind of JWT than an access token, such as an ID token.", "RFC 9068 4"),
    "token.kid": Hint(
        "The token is not signed with a key of this tenant: it is another server's, or the key was revoked. Get a new"
        " one.",
        _SHOWN,
    ),
    "token.iss": Hint("The token was issued by another server or tenant.", "RFC 9068 4"),
    "token.aud": Hint(
        "The token is for another API. Ask for one with the identifier of the API that is called as audience, or for"
        " /userinfo with the scope openid.",
        "RFC 9068 4",
    ),
    "token.exp": Hint("The token has expired. Get a new one.", "RFC 9068 4"),
    "token.nbf": Hint("The token is not to be used yet (nbf).", "RFC 7519 4.1.5"),
    "token.opaque": Hint(
        "The token is no JWT, and no opaque token that this tenant still keeps: it is over, was revoked, or is another"
        " server's. Get a new one.",
        _SHOWN,
    ),
    "token.revoked": Hint("The token was revoked. Get a new one.", "RFC 7009 2.1"),
    "token.cnf": Hint("The token's confirmation (cnf) is not an object, so nobody can prove it.", "RFC 7800 3.1"),
    "token.client": Hint("The token names no client.", "RFC 9068 2.2"),
    "token.client_gone": Hint("The application that the token was issued to has been deleted.", _SHOWN),
    "token.unbound": Hint(
        "The token is bound to no holder, and was issued before the application, its level, the tenant's floor or the"
        " API demanded that. Ask for another one, with a DPoP proof or a certificate.",
        "FAPI 2 Security Profile 5.3.2.1",
    ),
}
