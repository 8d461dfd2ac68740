"""Refusals of request objects: authorization requests that a client signed, by value or by reference."""

from __future__ import annotations

from .hint import Hint, Hints

_OBJECT = "RFC 9101 4"
_FAPI = "FAPI 2 Message Signing 5.3.1"
_BY_REFERENCE = "RFC 9101 5.2"

HINTS: Hints = {
    "request_object.client": Hint(
        "No application of this tenant has the client_id that stands beside request or request_uri. It must stand"
        " there, since it names the keys to verify with.",
        "RFC 9101 5",
    ),
    "request_object.ambiguous": Hint("Send request or request_uri, not both.", "RFC 9101 5"),
    # Who signed it
    "request_object.enc": Hint(
        "The content encryption of an encrypted request object must be one of those that details.expected lists.",
        "RFC 7518 5.3",
    ),
    "request_object.content": Hint(
        "What was encrypted is no signed JWT. Sign the request first, then encrypt the result.", "RFC 9101 6.1"
    ),
    "request_object.typ": Hint(
        "The header's typ names another kind of JWT. Use oauth-authz-req+jwt, or leave it out.", "RFC 9101 4, 10.8"
    ),
    "request_object.alg": Hint(
        "The application's profile does not allow this algorithm for request objects. details.expected lists those that"
        " it does.",
        "RFC 8725 3.1",
    ),
    "request_object.alg_registered": Hint(
        "The application is registered to sign with another algorithm, its request_object_signing_alg.",
        "OpenID Connect Dynamic Client Registration 2",
    ),
    "request_object.key": Hint(
        "No live key of the application's signed_request_object fits the header's alg and kid. details.registered lists"
        " its keys and what rules each out; `GET /api/v2/clients/{id}/key-sets` shows those of a jwks_uri. Keys of"
        " private_key_jwt sign no request.",
        "RFC 9101 6.2",
    ),
    # What it claims
    "request_object.iss": Hint("iss must be the application's client_id. In FAPI it must be there.", _OBJECT),
    "request_object.aud": Hint(
        "aud must be, or have among others, the issuer of this tenant exactly, with the slash at its end. In FAPI it"
        " must be there.",
        _OBJECT,
    ),
    "request_object.client_id": Hint(
        "client_id must stand inside the object, too, and be the one beside it.", "RFC 9101 5"
    ),
    "request_object.sub": Hint(
        "sub is the client_id, as in a client assertion. Leave sub out, so that neither passes for the other.",
        "RFC 9101 10.8",
    ),
    "request_object.nested": Hint("Neither request nor request_uri may stand inside a request object.", _OBJECT),
    "request_object.exp_missing": Hint("The application's profile demands exp.", _FAPI),
    "request_object.exp_past": Hint(
        "The object has expired. Compare the clocks; ten seconds are forgiven.", "RFC 7519 4.1.4"
    ),
    "request_object.nbf_missing": Hint("The application's profile demands nbf.", _FAPI),
    "request_object.nbf_future": Hint(
        "nbf is ahead of time. Compare the clocks; ten seconds are forgiven.", "RFC 7519 4.1.5"
    ),
    "request_object.iat_future": Hint(
        "iat is ahead of time. Compare the clocks; ten seconds are forgiven.", "RFC 7519 4.1.6"
    ),
    "request_object.exp_far": Hint("exp is more than an hour after nbf, which the profile allows at most.", _FAPI),
    "request_object.nbf_old": Hint("nbf is more than an hour ago. Sign each request when it is made.", _FAPI),
    "request_object.old": Hint(
        "The object has no exp and was made more than an hour ago. Give it an exp, or sign it anew.", ""
    ),
    "request_object.jti_life": Hint(
        "An object with a jti is good for one request, and is remembered for an hour: let it end within that, or leave"
        " jti out.",
        "RFC 9101 10.2",
    ),
    "request_object.parameter": Hint(
        "A claim cannot be the parameter that details.parameter names: it is null, or an object or array where text is"
        " due.",
        _OBJECT,
    ),
    "request_object.spent": Hint(
        "A request with this jti was answered already. Sign each request anew, with a fresh jti.", "RFC 9101 10.2"
    ),
    # By reference
    "request_uri.scheme": Hint(
        "request_uri is neither the name of a pushed request (urn:ietf:params:oauth:request_uri:) nor an https"
        " address.",
        _BY_REFERENCE,
    ),
    "request_uri.registered": Hint(
        "The address is not among the application's request_uris, compared by the letter; without any, requests by"
        " reference are off.",
        "RFC 9101 10.4",
    ),
    "request_uri.fetch": Hint(
        "The address could not be asked; details.reason says why. Hosts in private networks need the setting"
        " outbound_allow.",
        _BY_REFERENCE,
    ),
    "request_uri.status": Hint("The address answered with another status than 200. Redirects are not followed.", ""),
    "request_uri.content_type": Hint(
        "The answer's Content-Type must be application/oauth-authz-req+jwt or application/jwt.", "RFC 9101 5.2.3"
    ),
    "request_uri.content": Hint("What the address answered is no JWT.", _BY_REFERENCE),
    "request_uri.hash": Hint(
        "The fragment of request_uri is not the SHA-256 of what the address answers, in base64url without padding;"
        " details.sha256 is.",
        "OpenID Connect Core 6.2",
    ),
}
