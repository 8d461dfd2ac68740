"""A request to an API, whatever framework took it, and the token that it shows (RFC 6750 2.1, RFC 9449 7.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from ...sender.possession import BEARER, DPOP_SCHEME
from .refusals import ApiRefused, TokenMissing

_CREDENTIALS = re.compile(rb"([A-Za-z]+) +([A-Za-z0-9._~+/-]+=*)")
"""RFC 9110 11.4: a scheme and a token68."""


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request shows."""

    method: str
    path: str
    """As it was sent, escapes and all, without the query."""
    headers: Sequence[tuple[bytes, bytes]]
    """Each field as it was sent, none joined with another."""
    peer_certificates: tuple[bytes, ...] = ()
    """DER, leaf first; never out of a header that a client could have written."""

    def values(self, name: bytes) -> tuple[bytes, ...]:
        """Every value of a header, whose name is given in lower case."""
        return tuple(value for key, value in self.headers if key.lower() == name)


def credentials(request: ApiRequest) -> tuple[str, str]:
    """Scheme (lower case) and token of a request; raises ApiRefused. Never from the query (RFC 9700 4.3.2)."""
    fields = request.values(b"authorization")
    if not fields:
        raise TokenMissing
    if len(fields) > 1:
        raise ApiRefused("invalid_request", "The request is not acceptable.", check="authorization.twice")
    found = _CREDENTIALS.fullmatch(fields[0])
    scheme = fields[0].split(b" ")[0].lower()
    if scheme not in (BEARER.encode(), DPOP_SCHEME.encode()):
        raise TokenMissing
    if found is None:
        raise ApiRefused("invalid_request", "The request is not acceptable.", check="authorization.malformed")
    return scheme.decode(), found[2].decode("ascii")
