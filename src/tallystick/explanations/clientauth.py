"""Refusals of `clientauth`: who the client is, and whether it has proven so."""

from __future__ import annotations

from .hint import Hint, Hints

_ONE = "RFC 6749 2.3"
_BASIC = "RFC 6749 2.3.1"

HINTS: Hints = {
    # What was presented
    "presented.nothing": Hint(
        "The request says not even who it is from. Send client_id (a certificate alone names nobody), or authenticate"
        " by the Authorization header or a client_assertion.",
        _ONE,
    ),
    "presented.one_header": Hint("There are two Authorization headers. Send one.", "RFC 9110 11.6.2"),
    "presented.one_method": Hint(
        "The request authenticates in more than one way. Send either the Authorization header, or client_secret, or"
        " client_assertion.",
        _ONE,
    ),
    "presented.scheme": Hint(
        "The Authorization header is not of the scheme Basic. A token does not authenticate a client here.", _BASIC
    ),
    "presented.basic_base64": Hint("What follows Basic is not base64. Encode client_id:client_secret.", _BASIC),
    "presented.basic_colon": Hint(
        "The decoded Basic header has no colon. It must be client_id, a colon, client_secret.", _BASIC
    ),
    "presented.basic_client_id": Hint(
        "The decoded Basic header begins with the colon: the client_id is empty.", _BASIC
    ),
    "presented.basic_percent": Hint(
        "A percent sign in the Basic header is not followed by two hex digits. Form-encode client_id and client_secret"
        " each before joining them by a colon: % becomes %25.",
        _BASIC,
    ),
    "presented.basic_utf8": Hint("The Basic header decodes to bytes that are no UTF-8.", _BASIC),
    "presented.client_id_differs": Hint(
        "client_id names another client than the rest of the request does. Leave it out, or send the client_id that is"
        " also the assertion's sub or stands in the Basic header.",
        "RFC 7521 4.2",
    ),
    "presented.assertion_missing": Hint(
        "There is a client_assertion_type and no client_assertion. Send both.", "RFC 7521 4.2"
    ),
    "presented.assertion_type": Hint(
        "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer, exactly.", "RFC 7523 2.2"
    ),
    # Which client, which method
    "client.unknown": Hint(
        "There is no application of this client_id here. Compare it, letter by letter, with the registered one, and the"
        " host with the tenant's: each tenant has applications of its own.",
        "RFC 6749 5.2",
    ),
    "client.global": Hint(
        "This is the tenant's global client, which is there for tools to find and never authenticates. Use an"
        " application of your own.",
        "",
    ),
    "client.method_is_*": Hint(
        "The application is registered for another authentication method than the request used; the end of the check's"
        " name is the registered one. Use that, or switch the application (token_endpoint_auth_method or"
        " client_authentication_methods).",
        _ONE,
    ),
    "profile.authentication_methods": Hint(
        "The application's security profile (compliance_level) does not allow this authentication method.",
        "FAPI 2.0 5.3.2.1",
    ),
    # Secrets
    "client_secret.match": Hint(
        "The secret is none of the application's. Copy it anew, without spaces or line ends; if it was rotated, use the"
        " new one. It cannot be looked up: rotate it if it is lost.",
        _BASIC,
    ),
    "client_secret.life": Hint(
        "The secret is the application's, but its time has not come or is over. Use the current one.", _BASIC
    ),
    "client_secret.size": Hint(
        "The secret is longer than any that can be registered. Something else was sent.", _BASIC
    ),
    # Assertions
    "private_key_jwt.typ": Hint(
        "The header's typ is not that of a client assertion. Use client-authentication+jwt or JWT, or leave it out: an"
        " access token or a DPoP proof is no assertion.",
        "RFC 8725 3.11, rfc7523bis",
    ),
    "private_key_jwt.alg": Hint(
        "The application's security profile does not allow this alg. Sign with one that it lists, using a key that is"
        " registered for it.",
        "RFC 8725 3.1, FAPI 2.0 5.4.1",
    ),
    "private_key_jwt.key": Hint(
        "No live key of the application is registered for this alg and kid; beside each that is, its reason says why"
        " not: expired, say, or not_referenced. Register the public key for the header's alg, put it into"
        " client_authentication_methods, or mend kid, which may be left out.",
        "RFC 7523 3 (9), RFC 7515 4.1.4",
    ),
    "private_key_jwt.iss": Hint("iss must be the client_id, exactly: not a name, not a URL.", "RFC 7523 3 (1)"),
    "private_key_jwt.sub": Hint("sub must be the client_id, exactly.", "RFC 7523 3 (2) B"),
    "private_key_jwt.aud": Hint(
        "aud must be this server: its issuer, with the slash at its end, as one string. Profiles that are not strict"
        " also take the URL of the token endpoint. An array may hold nothing else.",
        "RFC 7523 3 (3), rfc7523bis",
    ),
    "private_key_jwt.exp_missing": Hint("There is no exp. Set it a minute ahead.", "RFC 7523 3 (4)"),
    "private_key_jwt.exp_past": Hint(
        "The assertion has expired. Make a new one for each request; if yours was new, set your clock (server_time_s is"
        " ours), and count in seconds, in UTC.",
        "RFC 7523 3 (4)",
    ),
    "private_key_jwt.exp_far": Hint(
        "The assertion lives too long. exp may be 300 s after iat at most; count in seconds, not milliseconds.",
        "RFC 7523 3 (4)",
    ),
    "private_key_jwt.iat_future": Hint(
        "iat is more than 10 s ahead of the server's clock. Set your clock, and count in seconds.", "RFC 7523 3 (6)"
    ),
    "private_key_jwt.nbf_future": Hint(
        "nbf is more than 10 s ahead of the server's clock. Set your clock, and count in seconds.", "RFC 7523 3 (5)"
    ),
    "private_key_jwt.jti_missing": Hint(
        "There is no jti. Put a fresh random value into each assertion, such as a UUID.", "RFC 7523 3 (7)"
    ),
    "one_time.spent": Hint(
        "This jti was used before, and each counts once. Make a new assertion for every request, retries included.",
        "RFC 7523 3 (7)",
    ),
    # Certificates
    "mtls.certificate_missing": Hint(
        "The connection showed no client certificate. Use the mTLS address (mtls_endpoint_aliases in discovery), give"
        " your HTTP client certificate and key; behind a proxy, have it ask for one and forward it.",
        "RFC 8705 2, 5",
    ),
    "tls_client_auth.subject": Hint(
        "No live credential of the application names this certificate. Register its subject or one of its alternative"
        " names exactly as it stands there; the parts of a subject count, with their order and case. tallystick debug"
        " certificate compares them.",
        "RFC 8705 2.1.2",
    ),
    "tls_client_auth.proxy_verdict": Hint(
        "The proxy in front says that the certificate's chain failed its check, and that rules the method out. Look at"
        " the authorities that the proxy trusts.",
        "RFC 8705 2.1",
    ),
    "tls_client_auth.no_authority": Hint(
        "No certificate authority is registered, or the one that the credential is pinned to is gone. Register the"
        " authority that issued the certificate.",
        "RFC 8705 2.1",
    ),
    "self_signed_tls_client_auth.registered": Hint(
        "This very certificate is no live credential of the application, nor in its JWK Set. Register it; one made"
        " anew over the same key is another certificate.",
        "RFC 8705 2.2",
    ),
}
