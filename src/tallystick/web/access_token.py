"""The access token that a request shows, and what it shows beside it (RFC 6750 2.1, RFC 9449 7.1)."""

from __future__ import annotations

import msgspec

from ..errors import OAuthError
from ..sender.possession import BEARER, DPOP_SCHEME, Possession
from ..sender.proof_walk import Expected
from .request import Request

SCHEMES = frozenset({BEARER, DPOP_SCHEME})


class ShownToken(msgspec.Struct, frozen=True):
    """A token in a request; nobody has looked at it yet."""

    token: str
    scheme: str = BEARER
    """Of :data:`SCHEMES`; a token in a form counts as ``bearer``."""

    def __repr__(self) -> str:
        return f"ShownToken(scheme={self.scheme!r})"


def tokens_in_headers(request: Request) -> list[ShownToken]:
    """What each ``Authorization`` header shows; raises OAuthError where one is no token in a scheme of ours."""
    return [_from_header(value) for value in request.header_values(b"authorization")]


def possession_of(request: Request, shown: ShownToken, expected: Expected) -> Possession:
    """What the request shows beside the token; ``expected`` is what a proof of this request must say."""
    return Possession(
        scheme=shown.scheme,
        proof_headers=tuple(request.header_values(b"dpop")),
        peer_certificates=request.peer_certificates,
        expected=expected,
    )


def _from_header(value: bytes) -> ShownToken:
    scheme, _, text = value.decode("latin-1").partition(" ")
    # RFC 9110 11.1: schemes are compared without regard to case.
    scheme, token = scheme.lower(), text.strip()
    if scheme not in SCHEMES or not token or " " in token:
        raise OAuthError("invalid_request", "The Authorization header is malformed.", check="token.header")
    return ShownToken(token, scheme)
