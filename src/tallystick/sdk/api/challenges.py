"""Challenges: the ``WWW-Authenticate`` fields of a refusal. Pure.

Sources: RFC 9110 11.6.1, RFC 6750 3, RFC 9449 7.1 and 9, RFC 9470 3, RFC 9728 5.1.

One field for each scheme that the API takes; the error stands in the one that the client used, and where it is about a
proof in DPoP's.
"""

from __future__ import annotations

import msgspec

from ...sender.algorithms import DPOP_ALGS
from ...sender.binding import DPOP, MTLS
from ...sender.challenge import challenge
from ...sender.possession import BEARER, DPOP_SCHEME
from .refusals import ApiRefused

_ABOUT_PROOFS = frozenset({"invalid_dpop_proof", "use_dpop_nonce"})
_CHALLENGED = frozenset({401, 403})
"""RFC 6750 3.1: with a 403 the challenge says which scope; a 400 or 503 needs none."""


def schemes_for(required_bindings: frozenset[str]) -> tuple[str, ...]:
    """The schemes an API takes: all, or those by which a binding that it demands can be shown."""
    if not required_bindings:
        return (BEARER, DPOP_SCHEME)
    return tuple(scheme for scheme, binding in ((BEARER, MTLS), (DPOP_SCHEME, DPOP)) if binding in required_bindings)


class Challenger(msgspec.Struct, frozen=True, kw_only=True):
    """Writes the challenges of one API."""

    schemes: tuple[str, ...]
    algs: frozenset[str] = DPOP_ALGS
    metadata_url: str | None = None

    def headers(self, refusal: ApiRefused, scheme: str) -> list[tuple[str, str]]:
        """The fields for a request that used ``scheme`` (lower case, empty where it used none)."""
        fields = [("DPoP-Nonce", refusal.nonce)] if refusal.nonce is not None else []
        if refusal.status not in _CHALLENGED:
            return fields
        at = DPOP_SCHEME if refusal.code in _ABOUT_PROOFS else scheme
        if at not in self.schemes:
            at = self.schemes[0]
        found = {"resource_metadata": self.metadata_url or ""}
        for each in self.schemes:
            error = _error_of(refusal) if each == at else {}
            fields.append(("WWW-Authenticate", challenge(each, {**error, **found}, self.algs)))
        return fields


def _error_of(refusal: ApiRefused) -> dict[str, str]:
    if not refusal.code:
        return dict(refusal.parameters)
    return {"error": refusal.code, "error_description": refusal.description, **refusal.parameters}
