"""Refusals around tokens in a person's name: codes, refresh tokens, hints, /userinfo, /oauth/revoke."""

from __future__ import annotations

from .hint import Hint, Hints

_HINT = "OpenID Connect Core 3.1.2.1"
_CODE, _PKCE, _REFRESH = "RFC 6749 4.1.3", "RFC 7636 4.6", "RFC 6749 6"
_USERINFO, _REVOKE = "RFC 6750 2", "RFC 7009 2.1"

HINTS: Hints = {
    "id_token_hint.kid": Hint("The hint is not signed with a key of this tenant, or the key was revoked.", _HINT),
    "id_token_hint.kind": Hint("The hint is another kind of token than an ID token of an application.", _HINT),
    "id_token_hint.iss": Hint("The hint was issued by another server or tenant.", _HINT),
    # Codes
    "code.missing": Hint("There is no code. Send the one that came to the redirect URI.", _CODE),
    "code.unknown": Hint("There is no such code: it is another server's, cut short, or long over.", _CODE),
    "code.client": Hint("The code was issued to another application.", _CODE),
    "code.spent": Hint(
        "The code was redeemed before. It may have been copied, so what it gave has been withdrawn.", "RFC 6749 4.1.2"
    ),
    "code.expired": Hint("The code is older than 60 seconds. Redeem it at once.", "RFC 6749 4.1.2"),
    "code.redirect_uri": Hint(
        "redirect_uri differs from the one of the authorization request, or is missing although it was sent there.",
        _CODE,
    ),
    "code.redirect_uri_unregistered": Hint(
        "The redirect URI that the code went to was taken off the application's callbacks meanwhile.", _CODE
    ),
    "code.possession": Hint(
        "The authorization request named a key, by dpop_jkt or by a DPoP proof where it was pushed. Redeem the code"
        " with a proof of that very key.",
        "RFC 9449 10",
    ),
    "code.challenge_missing": Hint(
        "A public client needs PKCE, and the authorization request had no code_challenge.", "RFC 9700 2.1.1"
    ),
    "code.verifier_unexpected": Hint(
        "There is a code_verifier, but the authorization request had no code_challenge: somebody may have stripped it.",
        "RFC 9700 2.1.1",
    ),
    "code.verifier_form": Hint("code_verifier is missing, or has not 43 to 128 unreserved characters.", _PKCE),
    "code.verifier": Hint("The code_verifier does not fit the code_challenge of the authorization request.", _PKCE),
    "code.session": Hint("The person signed out, or the session ended, before the code was redeemed.", ""),
    "code.user": Hint("The account was blocked or deleted before the code was redeemed.", ""),
    "code.audience": Hint("The API was deleted, or gives this application no tokens in people's names.", ""),
    # Refresh tokens
    "refresh_token.missing": Hint("There is no refresh_token in the request.", _REFRESH),
    "refresh_token.form": Hint("This does not look like a refresh token of this server. Send it unchanged.", _REFRESH),
    "refresh_token.unknown": Hint(
        "The refresh token is not genuine, or what it belongs to is long over. Send it unchanged.", _REFRESH
    ),
    "refresh_token.client": Hint("The refresh token was issued to another application.", _REFRESH),
    "refresh_token.reused": Hint(
        "The refresh token had been replaced by a newer one. It may have been copied, so the whole family has been"
        " withdrawn. A leeway in the refresh_token settings forgives a retry.",
        "RFC 9700 4.14.2",
    ),
    "refresh_token.withdrawn": Hint("The refresh token was revoked, or its family withdrawn: because says why.", ""),
    "refresh_token.expired": Hint(
        "The refresh token is over: its lifetime or its idle lifetime has passed. The person has to sign in again.", ""
    ),
    "refresh_token.possession": Hint(
        "A public client's refresh token is bound to the key, or the certificate, that it was issued over. Show a DPoP"
        " proof of that key, or connect with that certificate.",
        "RFC 9449 5, RFC 8705 4",
    ),
    "refresh_token.user": Hint("The account was blocked or deleted.", ""),
    "refresh_token.audience": Hint("The API was deleted, or gives this application no tokens in people's names.", ""),
    "refresh_token.other_audience": Hint(
        "A refresh token serves the API that it was issued for. Leave audience out, or sign in for the other one.", ""
    ),
    "refresh_token.scope_form": Hint("Scopes are separated by single spaces.", "RFC 6749 3.3"),
    "refresh_token.scope": Hint(
        "None of the scopes that are asked for was granted. Leave scope out, or name some that were.", _REFRESH
    ),
    # Tokens that are shown to us
    "token.withdrawn": Hint(
        "What the token belongs to was withdrawn: revoked, or its code or refresh token was used twice.", "RFC 6750 3.1"
    ),
    "token.user": Hint("The account of the token's person was blocked or deleted.", "RFC 6750 3.1"),
    "userinfo.token_missing": Hint("There is no access token. Send it in the Authorization header.", _USERINFO),
    "userinfo.token_once": Hint(
        "The access token came more than once. Send it in the Authorization header.", _USERINFO
    ),
    "userinfo.scope": Hint(
        "The token is not in a person's name, or openid is not among its scopes.", "OpenID Connect Core 5.3.1"
    ),
    "revoke.missing": Hint("There is no token in the request.", _REVOKE),
    "revoke.client": Hint("The token was issued to another application.", _REVOKE),
    "revoke.encrypted": Hint(
        "An access token that is encrypted to its API cannot be read here. Revoke the refresh token: all that came with"
        " it goes too. Of an API with token_status_list encrypted tokens are known again, until they end.",
        "RFC 7009 2.2.1",
    ),
    "client.sector": Hint(
        "Pairwise subjects need redirect URIs at one host, or a sector_identifier_uri whose document lists them.",
        "OpenID Connect Core 8.1",
    ),
}
