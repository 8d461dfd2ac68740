"""Refusals of what is asked for in detail (RFC 9396), by whichever room."""

from __future__ import annotations

from .hint import Hint, Hints

HINTS: Hints = {
    "authorize.details_protected": Hint(
        "authorization_details came with the browser in clear, where anybody on the way could change them. Push the"
        " request, or sign it as a request object.",
        "RFC 9126, RFC 9101",
    ),
    "authorize.details_form": Hint(
        "authorization_details is not an array of 1 to 5 JSON objects with a type, within the bounds of"
        " docs/authorization-details.md; details.reason says where.",
        "RFC 9396 2",
    ),
    "authorize.details_type": Hint(
        "A detail has a type that is not among the authorization_details of the API, or no API is asked for.",
        "RFC 9396 5",
    ),
    "authorize.details_contents": Hint(
        "A detail does not hold what the schema of its type demands; details.reason says where.", "RFC 9396 5"
    ),
    "authorize.details_location": Hint(
        "A detail names in locations something else than the identifier of the API that is asked for.", "RFC 9396 3"
    ),
    "authorize.details_granted": Hint(
        "The API demands a client grant for people, and the application's does not list the type in"
        " authorization_details_types.",
        "",
    ),
    "code.authorization_details": Hint(
        "The redemption asks for details that the person did not allow, or changed them: they must be equal.",
        "RFC 9396 6.1",
    ),
    "refresh_token.authorization_details": Hint(
        "The refresh asks for details that were not granted, or changed them: they must be equal.", "RFC 9396 6.1"
    ),
    "client_credentials.authorization_details": Hint(
        "The details are malformed, of a type that the client grant does not list or the API does not register, or not"
        " what the type's schema demands; details.reason says which.",
        "RFC 9396 5",
    ),
    "api.details_schema": Hint(
        "The schema of a type is not taken: it must be JSON Schema 2020-12, of bounded size and depth, without"
        " references that lead elsewhere or back, and with patterns that need no backtracking.",
        "RFC 9396 2.1",
    ),
    "grant.types_registered": Hint(
        "The client grant lists a type of authorization details that the API does not register.", ""
    ),
}
