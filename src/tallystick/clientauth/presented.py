"""What a request presents for client authentication: exactly one method, well formed, or a refusal. Pure.

A certificate is not sorted here: it is part of the connection, and counts as a presented method only for clients that
are registered for an mTLS method.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes

import msgspec

from ..errors import OAuthError
from ..jose.jwt import UnverifiedJwt, parse
from ..jose.refusals import JwtRefused

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""RFC 7523 2.2."""

ASSERTION_BYTES_MAX = 2048
CLIENT_ID_CHARS_MAX = 64
"""Auth0's limits for an assertion and for its ``sub`` (auth0.md 2.2)."""

_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class PresentedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A client id and a secret; ``method`` says where they stood."""

    client_id: str
    secret: str
    method: str

    def __repr__(self) -> str:
        return f"PresentedSecret(client_id={self.client_id!r}, method={self.method!r})"


class PresentedAssertion(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed client assertion; ``client_id`` is its subject, unverified: it says whose keys to try, no more."""

    client_id: str
    jwt: UnverifiedJwt


class PresentedNothing(msgspec.Struct, frozen=True, kw_only=True):
    """Only a client id: a public client, or one that its certificate proves."""

    client_id: str


Presented = PresentedSecret | PresentedAssertion | PresentedNothing


def presented(authorization: Sequence[bytes], parameters: Mapping[str, str]) -> Presented:
    """Sort what arrived: ``authorization`` holds every Authorization header, ``parameters`` the body's.

    RFC 6749 2.3: a client must not use more than one method in a request. Raises OAuthError.
    """
    if len(authorization) > 1:
        raise _refused("invalid_request", "presented.one_header")
    shown = [name for name in ("client_secret", "client_assertion") if name in parameters]
    if len(shown) + len(authorization) > 1:
        raise _refused("invalid_request", "presented.one_method", shown=shown)
    if "client_assertion_type" in parameters and "client_assertion" not in parameters:
        raise _refused("invalid_request", "presented.assertion_missing")
    if authorization:
        (header,) = authorization
        return _basic(header, parameters.get("client_id"))
    if "client_assertion" in parameters:
        return _assertion(parameters)
    client_id = parameters.get("client_id")
    if client_id is None:
        raise _refused("invalid_client", "presented.nothing")
    if "client_secret" in parameters:
        return PresentedSecret(client_id=client_id, secret=parameters["client_secret"], method="client_secret_post")
    return PresentedNothing(client_id=client_id)


def _assertion(parameters: Mapping[str, str]) -> PresentedAssertion:
    if parameters.get("client_assertion_type") != JWT_BEARER:
        raise _refused("invalid_client", "presented.assertion_type")
    try:
        jwt = parse(parameters["client_assertion"], size_bytes_max=ASSERTION_BYTES_MAX)
        client_id = jwt.claims.string("sub", chars_max=CLIENT_ID_CHARS_MAX) or ""
    except JwtRefused as refusal:
        raise _refused("invalid_client", refusal.check, **refusal.evidence) from None
    # RFC 7521 4.2: client_id is optional beside an assertion, but must name the same client.
    if parameters.get("client_id", client_id) != client_id:
        raise _refused("invalid_client", "presented.client_id_differs")
    return PresentedAssertion(client_id=client_id, jwt=jwt)


def _basic(header: bytes, client_id_beside: str | None) -> PresentedSecret:
    """RFC 6749 2.3.1: both halves are form-encoded, then joined by a colon, then base64."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic":
        raise _refused("invalid_client", "presented.scheme")
    try:
        decoded = b64decode(encoded.strip(b" "), validate=True)
    except ValueError:
        raise _refused("invalid_client", "presented.basic_base64") from None
    encoded_id, colon, encoded_secret = decoded.partition(b":")
    if not colon:
        raise _refused("invalid_client", "presented.basic_colon")
    client_id, secret = _form_decoded(encoded_id), _form_decoded(encoded_secret)
    if not client_id:
        raise _refused("invalid_client", "presented.basic_client_id")
    if client_id_beside is not None and client_id_beside != client_id:
        raise _refused("invalid_client", "presented.client_id_differs")
    return PresentedSecret(client_id=client_id, secret=secret, method="client_secret_basic")


def _form_decoded(part: bytes) -> str:
    if _BROKEN_PERCENT.search(part):
        raise _refused("invalid_client", "presented.basic_percent")
    try:
        return unquote_to_bytes(part.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise _refused("invalid_client", "presented.basic_utf8") from None


_SAID = {
    "invalid_client": "Client authentication failed.",
    "invalid_request": "Malformed client authentication.",
}


def _refused(code: str, check: str, **evidence: object) -> OAuthError:
    return OAuthError(code, _SAID[code], check=check, **evidence)
