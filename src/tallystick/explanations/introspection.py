"""Why introspection refuses its caller, or calls a token inactive."""

from __future__ import annotations

from .hint import Hint, Hints

_STEP_UP = "RFC 9470 3"

HINTS: Hints = {
    "introspection.public": Hint(
        "The application has no means to prove itself, and whoever asks about tokens must. Give it a key, a certificate"
        " or a secret.",
        "RFC 7662 2.1",
    ),
    "introspection.token": Hint("There is no token to look at. Send it as token.", "RFC 7662 2.1"),
    "introspection.*": Hint(
        "A parameter about the request that the API received cannot be used; the answer names it. What the parameters"
        " are: docs/introspection.md.",
        "",
    ),
    "introspection.caller": Hint(
        "The token is neither issued to the application that asks, nor for its API. An API asks by an application of"
        " app_type resource_server whose resource_server_identifier is the token's aud, spelled exactly so.",
        "RFC 7662 4",
    ),
    "introspection.api_gone": Hint(
        "The application that asks stands for an API that does not exist: it was deleted, or never registered.",
        "RFC 7662 4",
    ),
    "introspection.older_than_api": Hint(
        "The token was issued before its API was made: for another one of the same name, which was deleted. The"
        " application asks for a new one.",
        "RFC 7662 2.2",
    ),
    "introspection.refresh_token": Hint(
        "Somebody showed a refresh token to an API as if it were an access token. Refresh tokens go to the token"
        " endpoint alone.",
        "RFC 6749 1.5",
    ),
    "introspection.standing": Hint(
        "The refresh token was withdrawn, replaced, or is over; evidence.standing says which.", "RFC 7662 2.2"
    ),
    "introspection.signing_key": Hint(
        "The tenant has no current key for the algorithm that the answer is to be signed with.", "RFC 9701 5"
    ),
    "demand.scope": Hint(
        "The API demands a scope that the token lacks (required_scope). The application asks for it at its next token"
        " request.",
        "RFC 6750 3.1",
    ),
    "demand.acr": Hint(
        "The API demands another way of signing in (acr_values) than the token tells in acr. The application sends the"
        " person to /authorize with these acr_values.",
        _STEP_UP,
    ),
    "demand.max_age": Hint(
        "The API demands a more recent sign-in (max_age) than the token tells in auth_time. The application sends the"
        " person to /authorize with this max_age.",
        _STEP_UP,
    ),
    "certificate.handed_on": Hint(
        "A certificate that an API handed on is none of: PEM, percent-encoded PEM, base64 of the DER, the same between"
        " colons. In a form + must be written %2B.",
        "RFC 9440 2.1",
    ),
}
